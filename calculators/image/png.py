"""Writing of PNG files, in a tenth of Pillow's time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

Rows: TypeAlias = NDArray[np.uint8]
Deflate: TypeAlias = Callable[[Rows], bytes]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB_OF_8_BITS = bytes([8, 2, 0, 0, 0])
"""Bit depth, colour type, and the methods of compression, filtering and interlacing."""
_NONE, _UP = 0, 2
"""The filters of PNG that are used."""


def png(pixels: NDArray[np.uint8], texts: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return a PNG file of 8-bit RGB.

    The filter and the compressor are those that make a sample of the rows smallest. The file is about as large as
    Pillow's at level 1, and each step releases the interpreter lock.

    Parameters
    ----------
    pixels : uint8, shape (height, width, 3)
    texts : iterable of tuple of str
        Keywords, and texts without zeros. Latin-1 becomes tEXt chunks, other text iTXt chunks.
    """
    height, width, _ = pixels.shape
    kind, deflate = min(_WAYS, key=lambda way: _cost(pixels, *way))
    chunks = [
        (b"IHDR", struct.pack(">II", width, height) + _RGB_OF_8_BITS),
        *(_text(keyword, text) for keyword, text in texts),
        (b"IDAT", deflate(_filtered(pixels, kind))),
        (b"IEND", b""),
    ]
    return b"".join([_SIGNATURE, *(part for chunk in chunks for part in _chunk(*chunk))])


def _chunk(kind: bytes, content: bytes) -> Iterator[bytes]:
    yield struct.pack(">I", len(content)) + kind
    yield content
    yield struct.pack(">I", isal_zlib.crc32(content, isal_zlib.crc32(kind)))


def _text(keyword: str, text: str) -> tuple[bytes, bytes]:
    name = keyword.encode("latin-1") + b"\0"
    try:
        return b"tEXt", name + text.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", name + bytes(4) + text.encode()  # neither compressed, nor in a language, nor translated


def _filtered(pixels: NDArray[np.uint8], kind: int) -> Rows:
    """Return the rows as differences from those above, or as they are, each after the number of its filter."""
    height = len(pixels)
    flat = pixels.reshape(height, -1)
    rows = np.empty((height, 1 + flat.shape[1]), np.uint8)
    rows[:, 0] = kind
    rows[:, 1:] = flat
    if kind == _UP:
        rows[1:, 1:] -= flat[:-1]
    return rows


def _quickly(rows: Rows) -> bytes:
    compressed: bytes = isal_zlib.compress(rows.data, 2)
    return compressed


def _thoroughly(rows: Rows) -> bytes:
    return zlib.compress(rows.data, 1)


_WAYS: list[tuple[int, Deflate]] = [(_UP, _quickly), (_NONE, _quickly), (_UP, _thoroughly)]
# NOTE: zlib takes five times as long, but ISA-L misses repeats of three bytes, which are the pixels of grey photos.
_SMALLER = 0.97
"""The size of zlib's output for which its time is taken, as a part of ISA-L's."""
_BANDS, _BAND = 8, 4
"""The number of bands of rows in a sample, and of rows in each."""


def _cost(pixels: NDArray[np.uint8], kind: int, deflate: Deflate) -> float:
    """Return the compressed size of a sample."""
    height = len(pixels)
    starts = range(0, height, max(_BAND, -(-height // _BANDS)))
    sample = np.concatenate([_filtered(pixels[start : start + _BAND + 1], kind)[1:] for start in starts])
    return len(deflate(sample)) / (_SMALLER if deflate is _thoroughly else 1)
