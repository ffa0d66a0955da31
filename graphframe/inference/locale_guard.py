"""Protection of the process's locale against OpenVINO."""

from __future__ import annotations

import contextlib
import locale
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_before: list[str] = []
"""The locale to restore, once for each guard that is open now."""


@contextlib.contextmanager
def locale_guard() -> Iterator[None]:
    """Restore the locale when the last of several overlapping guards closes.

    NOTE: OpenVINO (2026.4) sets the locale "C" while it uses its model cache, then restores the locale that it found.
    When several threads do this at once, some find "C" and leave it, and Python then reads and writes files as ASCII.
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
