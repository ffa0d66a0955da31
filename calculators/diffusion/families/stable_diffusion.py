"""The Stable Diffusion family: 1.x, 2.x, and Latent Consistency Models distilled from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.families.family import Arrays, Defaults, Family
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.inference import Shapes


@dataclass(frozen=True, kw_only=True)
class StableDiffusion(Family):
    """A UNet that takes the embeddings of one CLIP encoder.

    Attributes
    ----------
    guidance_embedding_size : int or None
        The size of the guidance embedding, if the UNet takes the guidance scale as an input, as in Latent Consistency
        Models.
    """

    guidance_embedding_size: int | None

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        if config["_class_name"] != "UNet2DConditionModel" or config.get("addition_embed_type"):
            return None
        is_lcm = config.get("time_cond_proj_dim") is not None
        steps, scale = (4, 8.5) if is_lcm else (50, 7.5)
        return cls.of_unet(
            config,
            {
                Task.TEXT_TO_IMAGE: Defaults(steps, scale),
                Task.IMAGE_TO_IMAGE: Defaults(steps, scale, 0.8),
                Task.INPAINTING: Defaults(steps, scale, 1.0),
            },
        )

    @classmethod
    def of_unet(cls, config: dict[str, Any], defaults: Mapping[Task, Defaults], **attributes: Any) -> Self:
        """Return the family for the config of a UNet, with the given defaults and attributes."""
        taken, given = config["in_channels"], config["out_channels"]
        takes_mask = taken == 2 * given + 1
        if taken != given and not takes_mask:
            raise ValueError(
                f"the UNet has {taken} input channels and {given} output channels; expected {given} input "
                f"channels, or {2 * given + 1} for inpainting"
            )
        return cls(
            channels=given,
            default_size=config["sample_size"],
            defaults={Task.INPAINTING: defaults[Task.INPAINTING]} if takes_mask else defaults,
            takes_mask=takes_mask,
            takes_chunks=True,
            takes_weights=True,
            has_integer_timesteps=True,
            guidance_embedding_size=config.get("time_cond_proj_dim"),
            **attributes,
        )

    def uses_classifier_free_guidance(self, guidance_scale: float) -> bool:
        return guidance_scale > 1 and self.guidance_embedding_size is None

    def prompt_inputs(self, request: DiffusionRequest, embeddings: Sequence[Embeddings]) -> Arrays:
        n = request.latent_shape[0]
        inputs: Arrays = {"encoder_hidden_states": np.repeat(embeddings[0].hidden_states, n, axis=0)}
        if self.guidance_embedding_size:
            inputs["timestep_cond"] = guidance_embedding(request.guidance_scale, self.guidance_embedding_size)
        return inputs

    def step_inputs(self, sample: NDArray[np.float32], timestep: np.generic) -> Arrays:
        return {"sample": sample, "timestep": np.array([timestep])}

    def static_shapes(
        self, latent_shape: tuple[int, int, int, int], rows: int, prompt_length: int, references: int = 0
    ) -> Shapes:
        return {
            "sample": (rows, None, *latent_shape[2:]),
            "timestep": (1,),
            "encoder_hidden_states": (rows, prompt_length, None),
            "timestep_cond": (1, None),
        }


def guidance_embedding(guidance_scale: float, size: int) -> NDArray[np.float32]:
    """Return the guidance scale as the UNet of a Latent Consistency Model takes it.

    The embedding is sines, then cosines, of ``1000 (guidance_scale - 1)`` at decreasing frequencies
    (https://arxiv.org/abs/2310.04378).

    Returns
    -------
    array of float32, shape (1, size)
    """
    half = size // 2
    # NOTE: float32 wherever openvino_genai uses it: the sines of numbers near 10,000 depend on the last bit.
    scale = np.float32(np.float32(guidance_scale) - np.float32(1)) * np.float32(1000)
    decay = np.float32(np.log(10000.0) / (half - 1))
    exponents = np.arange(half, dtype=np.float32) * -decay
    angles = (np.exp(exponents.astype(np.float64)).astype(np.float32) * scale).astype(np.float64)
    embedding = np.zeros((1, size), np.float32)
    embedding[0, :half] = np.sin(angles)
    embedding[0, half : 2 * half] = np.cos(angles)
    return embedding
