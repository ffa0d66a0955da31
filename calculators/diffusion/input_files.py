"""The image files of a request, decoded."""

from __future__ import annotations

import math
from typing import NamedTuple

from graphframe.calculators.diffusion.diffusion_request import Task
from graphframe.calculators.image.image_file import EncodedInput, Pixels
from graphframe.images import Size
from graphframe.inference import Caller

_MAX_REFERENCE_PIXELS = 1024 * 1024
"""As in diffusers' pipeline for FLUX.2."""


class InputFiles(NamedTuple):
    """The decoded files of a request.

    Attributes
    ----------
    image, mask : Pixels or None
        In the size of the images to generate. The mask may be the image itself.
    size : Size or None
        That size; None without an image.
    further : tuple of Pixels
        The further images.
    """

    image: Pixels | None = None
    mask: Pixels | None = None
    size: Size | None = None
    further: tuple[Pixels, ...] = ()

    @property
    def task(self) -> Task:
        """The task of the request."""
        if self.image is None:
            return Task.TEXT_TO_IMAGE
        return Task.IMAGE_TO_IMAGE if self.mask is None else Task.INPAINTING


def reference(file: EncodedInput, multiple: int, caller: Caller) -> Pixels:
    """Decode a reference image in its own size, as diffusers' pipeline for FLUX.2 does.

    It shrinks to about a million pixels, and is cropped in its centre to sides that are multiples of `multiple`.
    """
    shrink = min(1.0, math.sqrt(_MAX_REFERENCE_PIXELS / (file.size.width * file.size.height)))
    size = Size(*(max(int(side * shrink), multiple) for side in file.size))
    pixels = file.pixels(size, caller)
    left, top = (side % multiple // 2 for side in size)
    width, height = (side - side % multiple for side in size)
    return Pixels(pixels.rgb[top : top + height, left : left + width], None, pixels.warnings)
