"""The memory of files that OpenVINO maps: weights, and compiled models in the model cache.

At the first inference with inputs of some shapes, the CPU plugin packs the weights into copies of its own, and rarely
reads the files again. A page that is released is read from the page cache again when it is needed.
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
    """Release the pages of all files of models that this process maps. Systems other than Linux keep them."""
    if sys.platform == "linux":
        import mmap

        for start, end in mappings():
            _madvise()(start, end - start, mmap.MADV_DONTNEED)


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


@functools.cache
def _madvise() -> Callable[[int, int, int], int]:
    function = ctypes.CDLL(None).madvise
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return function
