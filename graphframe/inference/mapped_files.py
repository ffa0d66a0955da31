"""The memory of files that OpenVINO maps: weights, and compiled models in the model cache.

At the first inference with inputs of some shapes, the CPU plugin packs the weights into copies of its own, and rarely
reads the files again. A page that is released is read from its file again when it is needed.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

EVERY = 0.1
"""Seconds between two releases while a model is loaded or packed, which bound what is in memory twice."""

_MAPS = Path("/proc/self/maps")
_FILES = (b".bin", b".blob")
_DELETED = b" (deleted)"
_MADV_PAGEOUT = 21
"""An advice of Linux 5.4. Unlike ``MADV_DONTNEED``, it loses nothing if the addresses have become other memory since
they were looked up, as another thread may unload a model at any time."""


@contextlib.contextmanager
def releasing() -> Iterator[None]:
    """Release the pages of mapped files from time to time during a ``with`` block, and at its end."""
    ended = threading.Event()

    def release_from_time_to_time() -> None:
        while not ended.wait(EVERY):
            release()

    thread = threading.Thread(target=release_from_time_to_time, name="release", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        release()


def release() -> None:
    """Release the pages of all files of models that this process maps. Systems other than Linux keep them.

    Linux keeps what is not written to the disk yet, and files of others that the user may not write.
    """
    if sys.platform == "linux":
        for start, end in mappings():
            advise(start, end - start)


def mappings() -> list[tuple[int, int]]:
    """Return the first and the end address of each mapping of a model's file, none if ``/proc`` is missing."""
    found = []
    with contextlib.suppress(OSError):
        for line in _MAPS.read_bytes().splitlines():
            addresses, access, _ = line.split(maxsplit=2)
            # NOTE: a shared mapping that is only read holds the file's own pages: none that would be lost.
            if access == b"r--s" and line.removesuffix(_DELETED).endswith(_FILES):
                start, end = addresses.split(b"-")
                found.append((int(start, 16), int(end, 16)))
    return found


def advise(start: int, size: int) -> None:
    """Let Linux release memory that it can read from a file again."""
    _madvise()(start, size, _MADV_PAGEOUT)


@functools.cache
def _madvise() -> Callable[[int, int, int], int]:
    function = ctypes.CDLL(None).madvise
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return function
