"""A decoded image in bands of rows, so that none of its conversions needs the memory of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from graphframe.calculators.image.colours import from_profile, plain
from graphframe.calculators.image.containers.essentials import Essentials
from graphframe.calculators.image.resizing import in_bands

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to turn an image with an EXIF orientation upright."""
_OPAQUE_FROM = 128


class Bands:
    """The rows of an upright image.

    Parameters
    ----------
    image : Image
        As decoded.
    essentials : Essentials
        The parts of its file.

    Attributes
    ----------
    converts_colours : bool
        Whether a colour profile changes the pixels.
    """

    def __init__(self, image: Image.Image, essentials: Essentials) -> None:
        self._image = image
        self._orientation = essentials.orientation
        self._key = None if essentials.key is None else np.array(essentials.key)
        self._may_have_holes = self._key is not None or image.has_transparency_data
        mode = plain(image.crop((0, 0, 1, 1))).mode
        transform = from_profile(essentials.profile, mode)
        self.converts_colours = transform is not None
        self._to_rgb = transform or (lambda band: band.convert("RGB"))

    def rgb(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the colours in sRGB: uint8, shape (rows, width, 3)."""
        for band in self._bands():
            yield np.asarray(self._to_rgb(plain(band)))

    @cached_property
    def have_holes(self) -> bool:
        """Whether alpha is below 128 anywhere."""
        return self._may_have_holes and any(self._are_holes(band).any() for band in self._bands())

    def holes(self) -> Iterator[NDArray[np.uint8]]:
        """Yield 255 where alpha is below 128, else 0: shape (rows, width, 1)."""
        for band in self._bands():
            yield np.where(self._are_holes(band), np.uint8(255), np.uint8(0))[..., None]

    def _are_holes(self, band: Image.Image) -> NDArray[np.bool_]:
        if self._key is not None:
            pixels = np.asarray(band)
            pixels = np.where(pixels, 255, 0) if band.mode == "1" else pixels
            holes: NDArray[np.bool_] = (pixels.reshape(*pixels.shape[:2], -1) == self._key).all(axis=2)
            return holes
        if band.mode not in ("LA", "RGBA"):
            band = band.convert("LA" if band.mode == "La" else "RGBA")
        return np.asarray(band.getchannel("A")) < _OPAQUE_FROM

    def _bands(self) -> Iterator[Image.Image]:
        width, height = self._image.size
        turn = _UPRIGHT.get(self._orientation)
        lies = self._orientation >= 5  # its columns are the rows of the upright image
        for rows in in_bands(width if lies else height):
            start, end = rows.start, rows.stop
            if self._orientation in (3, 4):
                start, end = height - end, height - start
            elif self._orientation in (7, 8):
                start, end = width - end, width - start
            band = self._image.crop((start, 0, end, height) if lies else (0, start, width, end))
            yield band if turn is None else band.transpose(turn)
