"""The Z-Image family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.families.family import Arrays, Defaults, Family
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.inference import Shapes

_MULTIPLE = 32
"""The transformer pads prompts and images to multiples of this number of tokens, with learned tokens."""


@dataclass(frozen=True, kw_only=True)
class ZImage(Family):
    """A transformer that takes the embeddings of Qwen3. It predicts the negative of the velocity."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        if config["_class_name"] != "ZImageTransformer2DModel":
            return None
        return cls(
            channels=config["in_channels"],
            default_size=128,
            defaults={Task.TEXT_TO_IMAGE: Defaults(50, 5.0), Task.IMAGE_TO_IMAGE: Defaults(50, 5.0, 0.6)},
            patch_size=2,
            noise_is_drawn_first=True,
            max_sequence_length=512,
        )

    def uses_classifier_free_guidance(self, guidance_scale: float) -> bool:
        return guidance_scale > 0

    def prompt_inputs(self, request: DiffusionRequest, embeddings: Sequence[Embeddings]) -> Arrays:
        n, _, height, width = request.latent_shape
        rows, columns = height // 2, width // 2
        attention = embeddings[0].attention_mask
        assert attention is not None, "TextEncodeCalculator sends it"
        taken = np.repeat(attention, n, axis=0) != 0
        prompts, length = taken.shape
        filled = np.minimum(_rounded_up(taken.sum(axis=1)), length)[:, None]
        words = np.zeros((prompts, length, 3), np.int32)
        index = np.arange(length)
        words[..., 0] = np.where(index < filled, index + 1, 0)
        places = np.zeros((prompts, _rounded_up(rows * columns), 3), np.int32)
        of_image = places[:, : rows * columns].reshape(prompts, rows, columns, 3)
        of_image[..., 0] = filled[..., None] + 1
        of_image[..., 1] = np.arange(rows)[:, None]
        of_image[..., 2] = np.arange(columns)
        return {
            "encoder_hidden_states": np.repeat(embeddings[0].hidden_states, n, axis=0),
            "encoder_attention_mask": np.where(taken, np.float32(0), np.finfo(np.float32).min),
            "txt_ids": words,
            "img_ids": places,
        }

    def step_inputs(self, sample: NDArray[np.float32], timestep: np.generic) -> Arrays:
        thousand = np.float32(1000)
        return {"hidden_states": sample, "timestep": (thousand - np.array([timestep], np.float32)) / thousand}

    def prediction(self, output: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
        return -output

    def static_shapes(
        self, latent_shape: tuple[int, int, int, int], rows: int, prompt_length: int, references: int = 0
    ) -> Shapes:
        return {
            "hidden_states": (rows, None, *latent_shape[2:]),
            "timestep": (1,),
            "encoder_hidden_states": (rows, prompt_length, None),
            "encoder_attention_mask": (rows, prompt_length),
            "txt_ids": (rows, prompt_length, None),
            "img_ids": (rows, _rounded_up(self.image_seq_len(latent_shape)), None),
        }

    def image_seq_len(self, shape: tuple[int, int, int, int]) -> int:
        return (shape[2] // 2) * (shape[3] // 2)


def _rounded_up(tokens: Any) -> Any:
    return -(-tokens // _MULTIPLE) * _MULTIPLE
