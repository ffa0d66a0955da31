"""The latents that denoising starts from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.families import Family
from graphframe.calculators.diffusion.image_latents import ImageLatents
from graphframe.calculators.diffusion.schedulers import Randn, Scheduler


class Canvas:
    """Noise, or an image with noise over it, and what is restored of the image after each step.

    It draws random numbers in openvino_genai's order: the latents of the image, the noise (first in some families), the
    latents of the masked image.

    Parameters
    ----------
    request : DiffusionRequest
    family : Family
    scheduler : Scheduler
    randn : callable
        The run's source of random numbers.
    image : ImageLatents
        The request's image; without latents for text-to-image.

    Attributes
    ----------
    latents
        float32, packed: the input of the first step.
    appended
        float32: what each step appends to the latents as an input of the denoiser; None for nothing.
    """

    def __init__(
        self,
        request: DiffusionRequest,
        family: Family,
        scheduler: Scheduler,
        randn: Randn,
        image: ImageLatents,
    ) -> None:
        shape, mask = request.latent_shape, image.mask
        self._scheduler = scheduler
        noise = randn(shape) if family.noise_is_drawn_first else None
        self._image = None
        if image.whole and not family.takes_reference:
            self._image = family.pack(image.whole.sample(randn))
        self._noise = family.pack(randn(shape) if noise is None else noise)
        starts_from_noise = request.task is Task.INPAINTING and request.strength == 1
        if self._image is None or starts_from_noise:
            self.latents = self._noise * scheduler.init_noise_sigma
        else:
            self.latents = scheduler.add_noise(self._image, self._noise, 0)
        self.appended: NDArray[np.float32] | None = None
        self._kept: NDArray[np.bool_] | None = None
        if family.takes_reference and image.whole is not None:
            references = [family.pack(each.mode()) for each in (image.whole, *image.further)]
            self.appended = np.repeat(np.concatenate(references, axis=family.latent_axis), shape[0], axis=0)
        elif image.masked and mask is not None:
            self.appended = family.mask_inputs(mask, image.masked.sample(randn), shape[0])
        elif mask is not None:
            factor = request.scale_factor
            self._kept = family.pack(np.broadcast_to(~mask[::factor, ::factor], shape))

    def restore(self, latents: NDArray[np.float32], step: int) -> None:
        """Overwrite the part of a step's latents outside the mask with the image, at their noise level."""
        if self._kept is None or self._image is None:
            return
        last = step == len(self._scheduler.timesteps) - 1
        known = self._image if last else self._scheduler.add_noise(self._image, self._noise, step + 1)
        np.copyto(latents, known, where=self._kept)
