"""A request of which nothing is left open."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DiffusionRequest:
    """An `ImageRequest` after the model's defaults and limits.

    Attributes
    ----------
    prompt : str
    negative_prompt : str or None
        None where there is no classifier-free guidance, or where zeros stand for one that was not given.
    seed : int
    num_inference_steps : int
    guidance_scale : float
    latent_shape : tuple of int
        (n, channels, height, width) of the latents.
    scheduler : str or None
        Its name; None for the model's own.
    scale_factor : int
        Pixels a latent, along each side.
    partial_images : int
        How many previews to send while denoising.
    """

    prompt: str
    negative_prompt: str | None
    seed: int
    num_inference_steps: int
    guidance_scale: float
    latent_shape: tuple[int, int, int, int]
    scheduler: str | None = None
    scale_factor: int = 8
    partial_images: int = 0
