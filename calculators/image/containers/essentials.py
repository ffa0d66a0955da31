"""The result of reading a container."""

from __future__ import annotations

from typing import NamedTuple


class Essentials(NamedTuple):
    """The parts of an image file that decide its pixels.

    Attributes
    ----------
    file : bytes
        The file without metadata.
    format : str
        Pillow's name of the format.
    orientation : int
        By EXIF: 1 to 8.
    profile : bytes or None
        The ICC profile.
    key : tuple of int or None
        The colour that is transparent, in the units of decoded pixels: one gray value, or red, green and blue.
    bytes_per_pixel : int
        Memory that decoding takes for each pixel.
    block : int
        The number of pixels of a block that is decoded at once, where it can be larger than the image.
    has_end : bool
        Whether a JPEG file has its end marker.
    is_progressive : bool
        Whether no row is complete before the end of a JPEG file.
    """

    file: bytes
    format: str
    orientation: int = 1
    profile: bytes | None = None
    key: tuple[int, ...] | None = None
    bytes_per_pixel: int = 4
    block: int = 0
    has_end: bool = True
    is_progressive: bool = False
