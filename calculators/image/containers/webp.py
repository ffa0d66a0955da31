"""WebP files."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from graphframe.calculators.image.containers.essentials import Essentials
from graphframe.calculators.image.containers.exif import orientation_of

_EXTENDED, _FRAME = b"VP8X", b"ANMF"
_KEPT = {_EXTENDED, b"ALPH", b"VP8 ", b"VP8L", b"ANIM", _FRAME}
_METADATA = 0x20 | 0x08 | 0x04
"""The flags of an ICC profile, EXIF data and XMP data."""


def essentials(file: bytes) -> Essentials:
    """Return what decides the pixels of a WebP file: its image or, of an animation, the first frame."""
    kept, profile, exif, frames = [b"WEBP"], None, b"", 0
    for name, data in _chunks(file):
        if name == b"ICCP":
            profile = data
        elif name == b"EXIF":
            exif = data
        elif name in _KEPT:
            frames += name == _FRAME
            if name == _FRAME and frames > 1:
                continue
            if name == _EXTENDED:
                data = bytes([data[0] & ~_METADATA]) + data[1:]
            kept.append(struct.pack("<4sI", name, len(data)) + data + b"\0" * (len(data) % 2))
    content = b"".join(kept)
    # NOTE: libwebp holds its own image, a canvas and a copy of it before Pillow has the pixels.
    whole = struct.pack("<4sI", b"RIFF", len(content)) + content
    return Essentials(whole, "WEBP", orientation_of(exif), profile, bytes_per_pixel=17)


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and data of each chunk; the last one may be truncated."""
    position = 12
    while position + 8 < len(file):
        name, length = struct.unpack_from("<4sI", file, position)
        yield name, file[position + 8 : position + 8 + length]
        position += 8 + length + length % 2
