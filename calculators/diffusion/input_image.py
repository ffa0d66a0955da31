"""The image of a request, as the model takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.image.image_file import Pixels
from graphframe.calculators.image.resizer import Resizer

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class InputImage:
    """An image to start from, in the size of the images to generate.

    Attributes
    ----------
    pixels
        uint8, shape (height, width, 3), RGB.
    mask
        bool, shape (height, width): true where to repaint; None for image-to-image.
    whole : bool
        Whether the denoiser needs its latents.
    masked : bool
        Whether the denoiser needs the latents of the part outside the mask, as an input.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None = None
    whole: bool = True
    masked: bool = False


def repainted_part(mask: Pixels, resizer: Resizer, width: int, height: int) -> NDArray[np.bool_]:
    """Return where to repaint: the transparent part of the mask or, if it is opaque, the white part.

    Returns
    -------
    bool, shape (height, width)
    """
    if mask.holes is not None:
        return resized_holes(mask.holes, resizer, width, height)
    gray = resizer.resized(mask.rgb, width, height).astype(np.float32) @ _LUMA
    return np.asarray(gray / np.float32(255) >= 0.5)


def resized_holes(holes: NDArray[np.bool_], resizer: Resizer, width: int, height: int) -> NDArray[np.bool_]:
    """Return the holes of an image, resized."""
    return resizer.resized(np.where(holes, np.uint8(255), np.uint8(0))[..., None], width, height)[..., 0] >= 128
