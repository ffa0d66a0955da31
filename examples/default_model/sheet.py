"""Sample sheets: the denoiser's images for a fixed set of prompts during training."""

from collections.abc import Callable

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from PIL import Image

PROMPTS = (
    "a red star on a blue background",
    "a black cat on a yellow background",
    "a green tree on a white background",
    "an orange fish on a blue background",
    "a pink flower on a green background",
    "a white moon on a black background",
    "two red hearts on a white background",
    "two yellow suns on a purple background",
    "two green squares on a pink background",
    "three yellow stars on a blue background",
    "three blue circles on an orange background",
    "three white houses on a brown background",
    "a red car left of a green tree on a white background",
    "a blue triangle left of an orange ring on a black background",
    "a small purple cross in the top left corner, yellow background",
    "a happy wizard",
)


class SampleSheet:
    """A painter of the prompts with the current model."""

    def __init__(
        self,
        denoiser: UNet2DConditionModel,
        autoencoder: AutoencoderKL,
        read: Callable[[list[str]], torch.Tensor],
        scheduler: DDIMScheduler,
    ) -> None:
        self._denoiser = denoiser
        self._autoencoder = autoencoder
        self._text = torch.cat([read([""] * len(PROMPTS)), read(list(PROMPTS))])
        self._scheduler = scheduler

    @torch.inference_mode()
    def sheet(self, steps: int = 12, guidance: float = 2.5) -> Image.Image:
        """Draw two rows of eight images, always from the same noise."""
        noise = torch.randn(len(PROMPTS), 4, 16, 16, generator=torch.Generator().manual_seed(0))
        latents = noise
        self._scheduler.set_timesteps(steps)
        for time in self._scheduler.timesteps:
            both = torch.cat([latents, latents]).contiguous(memory_format=torch.channels_last)
            without, given = self._denoiser(both, time, self._text).sample.chunk(2)
            velocity = without + guidance * (given - without)
            latents = self._scheduler.step(velocity, time, latents).prev_sample
        images = self._autoencoder.decode(latents).sample
        rows = [torch.cat(list(row), dim=2) for row in images.split(8)]
        pixels = (torch.cat(rows, dim=1).clamp(-1, 1) * 127.5 + 127.5).byte().permute(1, 2, 0)
        return Image.fromarray(pixels.numpy())
