"""Memory for content of unknown size."""

from __future__ import annotations

import mmap


def buffer(most: int) -> mmap.mmap:
    """Return a file in memory, to write at most `most` bytes into, and to close.

    The process gives its memory back at once, and takes only what is written. Of many pieces that are allocated one by
    one, it keeps about as much as all bodies took, since those of different bodies lie side by side.

    Raises
    ------
    MemoryError
    """
    try:
        return mmap.mmap(-1, most + 1, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # a length of 0 is an error
    except OSError as error:
        raise MemoryError(str(error)) from error
