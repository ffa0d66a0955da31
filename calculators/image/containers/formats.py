"""The formats of image files, recognised by their content."""

from __future__ import annotations

import struct
from collections.abc import Callable

from PIL import Image

from graphframe.calculators.image.containers import avif, jpeg, png, tiff, webp
from graphframe.calculators.image.containers.essentials import Essentials

_WITH_METADATA: dict[bytes, Callable[[bytes], Essentials]] = {
    b"\x89PNG\r\n\x1a\n": png.essentials,
    b"\xff\xd8": jpeg.essentials,
    b"II*\0": tiff.essentials,
    b"MM\0*": tiff.essentials,
}
_WHOLE = {b"BM": "BMP", b"GIF8": "GIF", b"P5": "PPM", b"P6": "PPM"}
"""The first bytes of files, and Pillow's names of their formats."""
_TGA_HEADER = 18
"""The size in bytes of the header of a TGA file."""


def essentials(file: bytes) -> Essentials | None:
    """Return what decides the pixels of an image file; None if it is a file of another format.

    Raises
    ------
    ValueError, struct.error
        If the file is damaged.
    """
    for beginning, read in _WITH_METADATA.items():
        if file.startswith(beginning):
            return read(file)
    if file[:4] == b"RIFF" and file[8:12] == b"WEBP":
        return webp.essentials(file)
    if _is_avif(file):
        return avif.essentials(file)
    for beginning, name in _WHOLE.items():
        if file.startswith(beginning):
            return Essentials(file, name)
    return Essentials(file, "TGA") if _is_tga(file) else None


def _is_avif(file: bytes) -> bool:
    """Return whether a file is an AVIF file, and Pillow can decode it."""
    brands = file[8 : int.from_bytes(file[:4], "big")][:256]
    if file[4:8] != b"ftyp" or not any(brand in brands for brand in (b"avif", b"avis")):
        return False
    Image.init()
    return "AVIF" in Image.OPEN


def _is_tga(file: bytes) -> bool:
    """Return whether a file has the header of a TGA file, which does not begin with a mark of its own."""
    if len(file) <= _TGA_HEADER:
        return False
    has_palette, kind, depth = file[1], file[2], file[16]
    width, height = struct.unpack_from("<HH", file, 12)
    known = kind in ((1, 9) if has_palette == 1 else (2, 3, 10, 11))
    return known and has_palette <= 1 and width > 0 and height > 0 and depth in (8, 16, 24, 32)
