"""The Stable Diffusion XL family: the base model, SDXL-Turbo, and Latent Consistency Models distilled from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from typing_extensions import Self

from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.families.family import Arrays, Defaults
from graphframe.calculators.diffusion.families.stable_diffusion import StableDiffusion
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.inference import Shapes


@dataclass(frozen=True, kw_only=True)
class StableDiffusionXL(StableDiffusion):
    """A UNet that takes the embeddings of two CLIP encoders, the pooled ones of the second, and the image size."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        if config["_class_name"] != "UNet2DConditionModel" or config.get("addition_embed_type") != "text_time":
            return None
        defaults = {
            Task.TEXT_TO_IMAGE: Defaults(50, 5.0),
            Task.IMAGE_TO_IMAGE: Defaults(50, 5.0, 0.3),
            Task.INPAINTING: Defaults(50, 7.5, 0.9999),
        }
        return cls.of_unet(config, defaults, text_encoders=(2,), negative_prompt_may_be_none=True)

    def prompt_inputs(self, request: DiffusionRequest, embeddings: Sequence[Embeddings]) -> Arrays:
        hidden_states = np.concatenate([each.hidden_states for each in embeddings], axis=-1)
        pooled = embeddings[1].pooled_prompt()
        if request.negative_prompt is None and self.uses_classifier_free_guidance(request.guidance_scale):
            hidden_states = np.concatenate((np.zeros_like(hidden_states), hidden_states))
            pooled = np.concatenate((np.zeros_like(pooled), pooled))
        n, _, height, width = request.latent_shape
        height, width = height * request.scale_factor, width * request.scale_factor
        # NOTE: the original size, the position of the crop, and the target size. The width comes first, as in
        # openvino_genai; diffusers has the height first.
        sizes = np.array([width, height, 0, 0, width, height], np.float32)
        whole = Embeddings(hidden_states, pooled)
        return {
            **super().prompt_inputs(request, [whole]),
            "text_embeds": np.repeat(pooled, n, axis=0),
            "time_ids": np.tile(sizes, (n * len(pooled), 1)),
        }

    def static_shapes(
        self, latent_shape: tuple[int, int, int, int], rows: int, prompt_length: int, references: int = 0
    ) -> Shapes:
        shapes = super().static_shapes(latent_shape, rows, prompt_length)
        return {**shapes, "text_embeds": (rows, None), "time_ids": (rows, None)}
