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
        None where there is no classifier-free guidance.
    seed : int
    num_inference_steps : int
    guidance_scale : float
    latent_shape : tuple of int
        (n, channels, height, width) of the latents.
    """

    prompt: str
    negative_prompt: str | None
    seed: int
    num_inference_steps: int
    guidance_scale: float
    latent_shape: tuple[int, int, int, int]
