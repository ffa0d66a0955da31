"""FLUX.2 klein."""

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

_REFERENCE = 10
"""The time coordinate of the first reference image's tokens, and the distance to the next image's. The generated image
has 0."""


@dataclass(frozen=True, kw_only=True)
class Flux2Klein(Flux):
    """A transformer that takes three layers of Qwen3 and, in image-to-image, the tokens of reference images."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        if config["_class_name"] != "Flux2Transformer2DModel":
            return None
        return cls(
            channels=config["in_channels"] // 4,
            default_size=128,
            defaults={Task.TEXT_TO_IMAGE: Defaults(50, 4.0), Task.IMAGE_TO_IMAGE: Defaults(50, 4.0)},
            patch_size=2,
            takes_reference=True,
            max_input_images=16,
            max_sequence_length=512,
            guidance_is_embedded=config["guidance_embeds"],
            timestep_of_each_row=True,
        )

    def uses_classifier_free_guidance(self, guidance_scale: float) -> bool:
        return guidance_scale > 1

    def prompt_inputs(self, request: DiffusionRequest, embeddings: Sequence[Embeddings]) -> Arrays:
        n, _, height, width = request.latent_shape
        hidden_states = np.repeat(embeddings[0].hidden_states, n, axis=0)
        rows, length = hidden_states.shape[:2]
        shapes = ((height, width), *request.reference_shapes)
        places = np.concatenate([_places(number * _REFERENCE, *shape) for number, shape in enumerate(shapes)])
        words = np.zeros((length, 4), np.float32)
        words[:, 3] = np.arange(length)
        inputs: Arrays = {
            "encoder_hidden_states": hidden_states,
            "img_ids": np.tile(places, (rows, 1, 1)),
            "txt_ids": np.tile(words, (rows, 1, 1)),
        }
        if self.guidance_is_embedded:
            inputs["guidance"] = np.full(rows, request.guidance_scale, np.float32)
        return inputs

    def static_shapes(
        self, latent_shape: tuple[int, int, int, int], rows: int, prompt_length: int, references: int = 0
    ) -> Shapes:
        tokens = self.image_seq_len(latent_shape) * (1 + references)
        return {
            "hidden_states": (rows, tokens, None),
            "timestep": (rows,),
            "encoder_hidden_states": (rows, prompt_length, None),
            "img_ids": (rows, tokens, None),
            "txt_ids": (rows, prompt_length, None),
            "guidance": (rows,),
        }

    def prediction(self, output: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
        return output[:, : shape[1]]  # the rest belongs to the reference images


def _places(time: int, height: int, width: int) -> NDArray[np.float32]:
    """Return the coordinates (time, row, column, 0) of an image's tokens, from its size in latents."""
    places = np.zeros((height // 2, width // 2, 4), np.float32)
    places[..., 0] = time
    places[..., 1] = np.arange(height // 2)[:, None]
    places[..., 2] = np.arange(width // 2)
    return places.reshape(-1, 4)
