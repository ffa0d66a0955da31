"""The OpenVINO core of the process."""

from __future__ import annotations

import functools
import threading

import openvino as ov
import openvino_tokenizers  # noqa: F401 - registers the operations of tokenizers with later cores

_lock = threading.Lock()


def core() -> ov.Core:
    """Return the `openvino.Core` that all models share. It can read tokenizers too."""
    with _lock:
        return _create()


@functools.cache
def _create() -> ov.Core:
    return ov.Core()
