"""The picture that a request brings, as the model takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.image.image_file import Pixels
from graphframe.calculators.image.resizer import Resizer

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class InputImage:
    """A picture to start from, in the size of the images to make.

    Attributes
    ----------
    pixels
        uint8, shape (height, width, 3), RGB.
    mask
        bool, shape (height, width): true where it is to be painted anew; None for image-to-image.
    whole : bool
        Whether its latents are needed.
    masked : bool
        Whether the latents of what the mask leaves of it are needed, as an input of the denoiser.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None = None
    whole: bool = True
    masked: bool = False


def repainted(mask: Pixels, resizer: Resizer, width: int, height: int) -> NDArray[np.bool_]:
    """Tell what to paint anew: what is transparent in the mask, or if nothing is, what is white.

    Returns
    -------
    bool, shape (height, width)
    """
    if mask.holes is not None:
        return resized_holes(mask.holes, resizer, width, height)
    gray = resizer.resized(mask.rgb, width, height).astype(np.float32) @ _LUMA
    return np.asarray(gray / np.float32(255) >= 0.5)


def resized_holes(holes: NDArray[np.bool_], resizer: Resizer, width: int, height: int) -> NDArray[np.bool_]:
    """Return holes in another size."""
    return resizer.resized(np.where(holes, np.uint8(255), np.uint8(0))[..., None], width, height)[..., 0] >= 128
