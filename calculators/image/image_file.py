"""Decoding of a request's image files."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from graphframe.images import InvalidRequest

_BEGINNINGS = {b"\x89PNG": "PNG", b"\xff\xd8": "JPEG", b"BM": "BMP", b"GIF8": "GIF", b"P5": "PPM", b"P6": "PPM"}
"""The first bytes of files, and Pillow's names of their formats."""
_TGA_HEADER = 18
"""The size in bytes of the header of a TGA file."""
_MAX_PIXELS = 50_000_000
"""About as many as the largest phone cameras take. A file of a few kilobytes can hold far more."""

# NOTE: glibc frees blocks of this size at once; of Pillow's usual blocks of 16 MB, each thread keeps some.
Image.core.set_block_size(64 * 1024 * 1024)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Pixels:
    """The pixels of an image, upright.

    Attributes
    ----------
    rgb
        uint8, shape (height, width, 3): the file's colours, also where it is transparent.
    alpha
        uint8, shape (height, width), 255 where opaque; None if it is opaque everywhere.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None

    @property
    def holes(self) -> NDArray[np.bool_] | None:
        """A bool array of shape (height, width), true where alpha is below 128; None if that is nowhere."""
        if self.alpha is None:
            return None
        holes = self.alpha < 128
        return holes if holes.any() else None


def read_pixels(file: bytes, param: str) -> Pixels:
    """Decode an image file, recognised by its content, and turn it upright by its EXIF data.

    The formats are PNG, JPEG, WebP, GIF, uncompressed BMP, TGA, and PNM in its binary forms: P5, of 8 or 16 bits,
    and P6, of 8 bits. An animation is decoded to its first frame.

    Parameters
    ----------
    file : bytes
    param : str
        The field of the request, for errors.

    Raises
    ------
    InvalidRequest
        If it is another or a damaged file, or has more than 50 million pixels.
    """
    kind = _format(file)
    if kind is None:
        raise InvalidRequest(f"{param} is not a PNG, JPEG, WebP, BMP, GIF, TGA or PNM file", param)
    try:
        image = Image.open(io.BytesIO(file), formats=(kind,))
        if image.width * image.height > _MAX_PIXELS:
            raise InvalidRequest(
                f"{param} has {image.width}x{image.height} pixels, more than {_MAX_PIXELS:,}",
                param,
            )
        # NOTE: Pillow's decoders in Python are slow, and the one of compressed BMP files allocates without a limit.
        if any(tile[0] in Image.DECODERS for tile in image.tile):
            raise ValueError("this variant of the format is not supported; send a PNG file")
        return _pixels(ImageOps.exif_transpose(image))
    except InvalidRequest:
        raise
    except Exception as error:  # decoders raise errors of many kinds
        raise InvalidRequest(f"{param} cannot be decoded: {_reason(error)}", param) from error


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "the file is damaged"
    if isinstance(error, Image.DecompressionBombError):  # above Pillow's own limit
        return f"it has more than {_MAX_PIXELS:,} pixels"
    return str(error)


def _pixels(image: Image.Image) -> Pixels:
    if image.mode.startswith("I"):  # 16 bits of gray
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    if not image.has_transparency_data:
        return Pixels(np.asarray(image.convert("RGB")))
    rgba = np.asarray(image.convert("RGBA"))
    return Pixels(np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3]))


def _format(file: bytes) -> str | None:
    """Return Pillow's name of a file's format; None for other files."""
    for beginning, name in _BEGINNINGS.items():
        if file.startswith(beginning):
            return name
    if file[:4] == b"RIFF" and file[8:12] == b"WEBP":
        return "WEBP"
    return "TGA" if _is_tga(file) else None


def _is_tga(file: bytes) -> bool:
    """Return whether a file has the header of a TGA file, which does not begin with a mark of its own."""
    if len(file) <= _TGA_HEADER:
        return False
    has_palette, kind, depth = file[1], file[2], file[16]
    width, height = struct.unpack_from("<HH", file, 12)
    known = kind in ((1, 9) if has_palette == 1 else (2, 3, 10, 11))
    return known and has_palette <= 1 and width > 0 and height > 0 and depth in (8, 16, 24, 32)
