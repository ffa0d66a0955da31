"""Images as files."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def encoded(pixels: NDArray[Any] | Image.Image, kind: str = "png", **options: Any) -> bytes:
    """Return the file of an image, or of an array of pixels."""
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(file, kind, **options)
    return file.getvalue()


def gradient(width: int, height: int) -> NDArray[np.uint8]:
    """Return a colourful image: uint8, shape (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack((x * 255 // width, y * 255 // height, (x + y) % 256), axis=-1).astype(np.uint8)
    pixels[height // 4 : height // 2, width // 4 : width // 2] = (255, 0, 0)
    return pixels


def halves(width: int, height: int) -> NDArray[np.uint8]:
    """Return a mask: uint8, shape (height, width, 3), black on the left and white on the right."""
    mask = np.zeros((height, width, 3), np.uint8)
    mask[:, width // 2 :] = 255
    return mask
