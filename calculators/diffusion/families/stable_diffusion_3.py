"""The Stable Diffusion 3 family: 3 and 3.5."""

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


@dataclass(frozen=True, kw_only=True)
class StableDiffusion3(Family):
    """A transformer that takes the embeddings of two CLIP encoders and, optionally, of T5.

    Attributes
    ----------
    joint_attention_dim : int
        The width of T5's embeddings. The concatenated embeddings of CLIP are padded to it with zeros.
    """

    joint_attention_dim: int

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        if config["_class_name"] != "SD3Transformer2DModel":
            return None
        if config["in_channels"] != config["out_channels"]:
            raise ValueError(
                f"the transformer has {config['in_channels']} input channels and {config['out_channels']} output "
                "channels; expected equal numbers"
            )
        return cls(
            channels=config["in_channels"],
            default_size=config["sample_size"],
            defaults={
                Task.TEXT_TO_IMAGE: Defaults(28, 7.0),
                Task.IMAGE_TO_IMAGE: Defaults(28, 7.0, 0.6),
                Task.INPAINTING: Defaults(28, 7.0, 0.6),
            },
            text_encoders=(2, 3),
            patch_size=config["patch_size"],
            predicts_steps=True,
            max_sequence_length=512,
            takes_chunks=True,
            takes_weights=True,
            joint_attention_dim=config["joint_attention_dim"],
        )

    def uses_classifier_free_guidance(self, guidance_scale: float) -> bool:
        return guidance_scale > 1

    def prompt_inputs(self, request: DiffusionRequest, embeddings: Sequence[Embeddings]) -> Arrays:
        n = request.latent_shape[0]
        clips = embeddings[:2]
        clip = np.concatenate([each.hidden_states for each in clips], axis=-1)
        clip = np.pad(clip, ((0, 0), (0, 0), (0, self.joint_attention_dim - clip.shape[-1])))
        # NOTE: zeros replace T5, of the length of a CLIP prompt, as in openvino_genai.
        t5 = embeddings[2].hidden_states if len(embeddings) > 2 else np.zeros_like(clip)
        pooled = np.concatenate([each.pooled_prompt() for each in clips], axis=-1)
        return {
            "encoder_hidden_states": np.repeat(np.concatenate((clip, t5), axis=1), n, axis=0),
            "pooled_projections": np.repeat(pooled, n, axis=0),
        }

    def step_inputs(self, sample: NDArray[np.float32], timestep: np.generic) -> Arrays:
        return {"hidden_states": sample, "timestep": np.array([timestep])}

    def static_shapes(
        self, latent_shape: tuple[int, int, int, int], rows: int, prompt_length: int, references: int = 0
    ) -> Shapes:
        return {
            "hidden_states": (rows, None, *latent_shape[2:]),
            "timestep": (1,),
            "encoder_hidden_states": (rows, prompt_length, None),
            "pooled_projections": (rows, None),
        }
