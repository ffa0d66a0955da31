"""A request with the model's defaults filled in."""

from __future__ import annotations

from enum import Enum

from msgspec.structs import replace
from typing_extensions import Self

from graphframe.images import ImageRequest

PROMPTS = tuple(f"{sign}prompt{ending}" for ending in ("", "_2", "_3") for sign in ("", "negative_"))
"""The fields of a request with text for text encoders."""


class Task(Enum):
    """The task of a request."""

    TEXT_TO_IMAGE = "text-to-image"
    IMAGE_TO_IMAGE = "image-to-image"
    INPAINTING = "inpainting"


class DiffusionRequest(ImageRequest, frozen=True, kw_only=True):
    """An `ImageRequest` after the model's defaults and limits, and what the model adds to it.

    Its size, steps and guidance are never None; `image` and `mask` always are, since another stream has the
    pixels.

    Attributes
    ----------
    negative_prompt : str or None
        None without classifier-free guidance, or where zeros stand for a negative prompt that was not given.
    strength : float or None
        The part of the steps to take, from the end; None without an image.
    task : Task
    latent_shape : tuple of int
        (n, channels, height, width) of the latents.
    reference_shapes : tuple of (int, int)
        (height, width) in latents of each image that the denoiser takes as a reference.
    scale_factor : int
        Pixels per latent, along each side.
    """

    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    latent_shape: tuple[int, int, int, int]
    task: Task = Task.TEXT_TO_IMAGE
    reference_shapes: tuple[tuple[int, int], ...] = ()
    scale_factor: int = 8

    def batches(self, most: int | None) -> list[Self]:
        """Return the requests that are denoised one after the other, of at most `most` images.

        With the `seed_mode` "each", they have one image, so that it equals that of a request for it alone.
        """
        n, *shape = self.latent_shape
        if n == 1 or (self.seed_mode == "batch" and n <= (most or n)):
            return [self]
        if self.seed_mode == "each":
            return [replace(self.alone(index), latent_shape=(1, *shape)) for index in range(n)]
        sizes = [min(most, n - first) for first in range(0, n, most)] if most else [n]
        return [replace(self, n=size, latent_shape=(size, *shape)) for size in sizes]

    def prompts(self, number: int) -> list[str]:
        """Return the negative prompt, if any, and the prompt for a text encoder, by its number from 1 to 3."""
        prompt = (None, self.prompt_2, self.prompt_3)[number - 1]
        negative = (None, self.negative_prompt_2, self.negative_prompt_3)[number - 1]
        found = [self.prompt if prompt is None else prompt]
        if self.negative_prompt is not None:
            found.insert(0, self.negative_prompt if negative is None else negative)
        return found
