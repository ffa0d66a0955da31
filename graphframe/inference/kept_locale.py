"""The locale of the process, kept while OpenVINO reads and writes models."""

from __future__ import annotations

import contextlib
import locale
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_before: list[str] = []
"""What the locale was before each `kept_locale` that is open now."""


@contextlib.contextmanager
def kept_locale() -> Iterator[None]:
    """Leave the locale as it was before the first of those that are open at the same time.

    NOTE: with its model cache OpenVINO (2026.4) sets the locale "C" for a moment and puts back what it found. Where
    several threads do so, some find "C", and Python then reads and writes files as ASCII.
    """
    with _lock:
        _before.append(_before[0] if _before else locale.setlocale(locale.LC_ALL))
    try:
        yield
    finally:
        with _lock:
            before = _before.pop()
            if not _before:
                locale.setlocale(locale.LC_ALL, before)
