"""What a run of denoising starts from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.families import Family
from graphframe.calculators.diffusion.image_latents import ImageLatents
from graphframe.calculators.diffusion.schedulers import Randn, Scheduler


class Canvas:
    """Noise, or a picture with noise over it, and what is put back of the picture after each step.

    It draws, in openvino_genai's order: the latents of the picture, the noise (which some families have first), the
    latents of the masked picture.

    Parameters
    ----------
    request, family, scheduler, randn
        Of the run.
    image : ImageLatents
        The picture that the request brings; without any latents if it brings none.

    Attributes
    ----------
    latents
        float32, packed: what the first step starts from.
    behind
        float32: what is put behind the latents as an input of the denoiser; None for nothing.
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
        self._picture = family.pack(image.whole.sample(randn)) if image.whole else None
        self._noise = family.pack(randn(shape) if noise is None else noise)
        is_anew = family.takes_reference or (request.task is Task.INPAINTING and request.strength == 1)
        if self._picture is None or is_anew:
            self.latents = self._noise * scheduler.init_noise_sigma
        else:
            self.latents = scheduler.add_noise(self._picture, self._noise, 0)
        self.behind: NDArray[np.float32] | None = None
        self._kept: NDArray[np.bool_] | None = None
        if family.takes_reference and self._picture is not None:
            self.behind = np.repeat(self._picture, shape[0], axis=0)
        elif image.masked and mask is not None:
            self.behind = family.mask_inputs(mask, image.masked.sample(randn), shape[0])
        elif mask is not None:
            factor = request.scale_factor
            self._kept = family.pack(np.broadcast_to(~mask[::factor, ::factor], shape))

    def put_back(self, latents: NDArray[np.float32], step: int) -> None:
        """Change the latents that a step led to: what the mask keeps is the picture, as noisy as they are."""
        if self._kept is None or self._picture is None:
            return
        last = step == len(self._scheduler.timesteps) - 1
        known = self._picture if last else self._scheduler.add_noise(self._picture, self._noise, step + 1)
        np.copyto(latents, known, where=self._kept)
