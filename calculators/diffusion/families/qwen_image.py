"""The Qwen-Image family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.families.family import Arrays, Defaults
from graphframe.calculators.diffusion.families.flux import Flux
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.inference import Shapes


@dataclass(frozen=True, kw_only=True)
class QwenImage(Flux):
    """A transformer that takes the embeddings of Qwen2.5-VL. Guidance keeps the norm of each token's prediction."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        if config["_class_name"] != "QwenImageTransformer2DModel":
            return None
        return cls(
            channels=config["in_channels"] // 4,
            default_size=128,
            defaults={Task.TEXT_TO_IMAGE: Defaults(50, 4.0), Task.IMAGE_TO_IMAGE: Defaults(50, 4.0, 0.6)},
            patch_size=2,
            negative_prompt_may_be_none=True,
            max_sequence_length=1024,
            scheduler_fields={"time_shift_type": "linear"},
            guidance_is_embedded=config["guidance_embeds"],
            timestep_of_each_row=True,
        )

    def uses_classifier_free_guidance(self, guidance_scale: float) -> bool:
        return guidance_scale > 1

    def prompt_inputs(self, request: DiffusionRequest, embeddings: Sequence[Embeddings]) -> Arrays:
        n, _, height, width = request.latent_shape
        attention_mask = embeddings[0].attention_mask
        assert attention_mask is not None, "TextEncodeCalculator sends it"
        inputs: Arrays = {
            "encoder_hidden_states": np.repeat(embeddings[0].hidden_states, n, axis=0),
            "encoder_hidden_states_mask": np.repeat(attention_mask, n, axis=0),
            "height": np.array(height // 2),
            "width": np.array(width // 2),
        }
        if self.guidance_is_embedded:
            inputs["guidance"] = np.full(n * len(attention_mask), request.guidance_scale, np.float32)
        return inputs

    def guided(
        self, without: NDArray[np.float32], output: NDArray[np.float32], guidance_scale: np.float32
    ) -> NDArray[np.float32]:
        norms = _norms(output)
        guided = super().guided(without, output, guidance_scale)
        guided *= norms / _norms(guided)
        return guided

    def static_shapes(
        self, latent_shape: tuple[int, int, int, int], rows: int, prompt_length: int, references: int = 0
    ) -> Shapes:
        # NOTE: one row per image: as in openvino_genai, the negative prompt and the prompt run in separate inferences.
        n = latent_shape[0]
        return {
            "hidden_states": (n, self.image_seq_len(latent_shape), None),
            "timestep": (n,),
            "encoder_hidden_states": (n, prompt_length, None),
            "encoder_hidden_states_mask": (n, prompt_length),
            "guidance": (n,),
        }


def _norms(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the norm of each token, summed in the order of openvino_genai, unlike in NumPy's own norm."""
    return np.asarray(np.sqrt(np.cumsum(np.square(vectors), axis=-1)[..., -1:]))
