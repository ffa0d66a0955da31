"""The one OpenVINO core of the process."""

from __future__ import annotations

import functools
import threading

import openvino as ov
import openvino_tokenizers  # noqa: F401 - every core made after this import knows the operations of tokenizers

_lock = threading.Lock()


def core() -> ov.Core:
    """The `openvino.Core` that all models share; it reads tokenizers too."""
    with _lock:
        return _create()


@functools.cache
def _create() -> ov.Core:
    return ov.Core()
