"""The image of a request, as the model takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.image.image_file import Pixels

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
    further : tuple of arrays
        The request's further images, each of its own size: uint8, shape (height, width, 3), RGB.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None = None
    whole: bool = True
    masked: bool = False
    further: tuple[NDArray[np.uint8], ...] = ()


def repainted_part(mask: Pixels) -> NDArray[np.bool_]:
    """Return where to repaint: the transparent part of the mask or, if it is opaque, the white part.

    Returns
    -------
    bool, shape (height, width)
    """
    if mask.holes is not None:
        return mask.holes
    return np.asarray(mask.rgb.astype(np.float32) @ _LUMA / np.float32(255) >= 0.5)
