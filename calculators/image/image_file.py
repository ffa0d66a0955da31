"""Decoding of a request's image files."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from graphframe.images import InvalidRequest

_FORMATS = ("PNG", "JPEG", "WEBP")
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
    """Decode a PNG, JPEG or WebP file, recognised by its content, and turn it upright by its EXIF data.

    An animation is decoded to its first frame.

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
    try:
        image = Image.open(io.BytesIO(file), formats=_FORMATS)
        if image.width * image.height > _MAX_PIXELS:
            raise InvalidRequest(
                f"{param} has {image.width}x{image.height} pixels, more than {_MAX_PIXELS:,}",
                param,
            )
        return _pixels(ImageOps.exif_transpose(image))
    except InvalidRequest:
        raise
    except Exception as error:  # decoders raise errors of many kinds
        if _has_known_beginning(file):
            raise InvalidRequest(f"{param} cannot be decoded: {_reason(error)}", param) from error
        raise InvalidRequest(f"{param} is not a PNG, JPEG or WebP file", param) from error


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


def _has_known_beginning(file: bytes) -> bool:
    return file.startswith((b"\x89PNG", b"\xff\xd8")) or (file[:4] == b"RIFF" and file[8:12] == b"WEBP")
