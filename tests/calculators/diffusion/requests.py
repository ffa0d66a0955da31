"""Requests as ImageRequestCalculator sends them."""

from __future__ import annotations

from typing import Any

from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest


def diffusion_request(
    prompt: str,
    negative_prompt: str | None,
    seed: int,
    num_inference_steps: int,
    guidance_scale: float,
    latent_shape: tuple[int, int, int, int],
    scheduler: str | None = None,
    **fields: Any,
) -> DiffusionRequest:
    """Return a request for `latent_shape`: (n, channels, height, width)."""
    factor = fields.get("scale_factor", 8)
    return DiffusionRequest(
        prompt,
        negative_prompt,
        n=latent_shape[0],
        width=latent_shape[3] * factor,
        height=latent_shape[2] * factor,
        seed=seed,
        num_inference_steps=num_inference_steps,
        guidance_scale=guidance_scale,
        latent_shape=latent_shape,
        scheduler=scheduler,
        **fields,
    )
