"""The FLUX.1 family: schnell, dev and fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.families.family import Arrays, Defaults, Family, Scalar
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.inference import Shapes

_PIXELS_OF_TOKEN = 256
"""The number of pixels in a token of 2x2 latents. FLUX.1-fill takes the mask of each pixel."""
_DEFAULTS = {
    Task.TEXT_TO_IMAGE: Defaults(28, 3.5),
    Task.IMAGE_TO_IMAGE: Defaults(28, 7.0, 0.6),
    Task.INPAINTING: Defaults(28, 7.0, 0.6),
}
_DEFAULTS_OF_FILL = {Task.INPAINTING: Defaults(50, 30.0, 1.0)}


@dataclass(frozen=True, kw_only=True)
class Flux(Family):
    """A transformer that takes the pooled embeddings of CLIP and the embeddings of T5. A token is 2x2 latents.

    Attributes
    ----------
    guidance_is_embedded : bool
        Whether the transformer takes the guidance scale as an input, as in FLUX.1-dev. FLUX.1-schnell has no guidance.
    timestep_of_each_row : bool
        Whether the transformer takes a timestep for each row instead of one for all.
    """

    guidance_is_embedded: bool
    timestep_of_each_row: bool = False

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        if config["_class_name"] != "FluxTransformer2DModel":
            return None
        taken = config["in_channels"]
        given = config.get("out_channels") or taken
        takes_mask = taken == 2 * given + _PIXELS_OF_TOKEN
        if taken != given and not takes_mask:
            raise ValueError(
                f"the transformer has {taken} input channels and {given} output channels; expected {given} input "
                f"channels, or {2 * given + _PIXELS_OF_TOKEN} for inpainting"
            )
        return cls(
            channels=given // 4,
            default_size=128,
            defaults=_DEFAULTS_OF_FILL if takes_mask else _DEFAULTS,
            text_encoders=(2,),
            patch_size=2,
            predicts_steps=True,
            takes_mask=takes_mask,
            latent_axis=2,
            max_sequence_length=512,
            takes_weights=True,
            diffusers_scheduler_fields={"time_shift_type": "linear"},
            guidance_is_embedded=config["guidance_embeds"],
        )

    def uses_classifier_free_guidance(self, guidance_scale: float) -> bool:
        return False

    def prompt_inputs(self, request: DiffusionRequest, embeddings: Sequence[Embeddings]) -> Arrays:
        n, _, height, width = request.latent_shape
        clip, t5 = embeddings
        positions = np.zeros((height // 2, width // 2, 3), np.float32)
        positions[..., 1] = np.arange(height // 2)[:, None]
        positions[..., 2] = np.arange(width // 2)
        inputs: Arrays = {
            "encoder_hidden_states": np.repeat(t5.hidden_states, n, axis=0),
            "pooled_projections": np.repeat(clip.pooled_prompt(), n, axis=0),
            "img_ids": positions.reshape(-1, 3),
            "txt_ids": np.zeros((t5.hidden_states.shape[1], 3), np.float32),
        }
        if self.guidance_is_embedded:
            inputs["guidance"] = np.full(n, request.guidance_scale, np.float32)
        return inputs

    def step_inputs(self, sample: NDArray[np.float32], timestep: np.generic) -> Arrays:
        times = np.full(len(sample) if self.timestep_of_each_row else 1, timestep, np.float32) / np.float32(1000)
        return {"hidden_states": sample, "timestep": times}

    def mask_inputs(self, mask: NDArray[np.bool_], masked: NDArray[np.float32], n: int) -> NDArray[np.float32]:
        height, width = masked.shape[2:]
        factor = mask.shape[0] // height
        of_latent = mask.reshape(height, factor, width, factor).transpose(1, 3, 0, 2)
        flags = self.pack(of_latent.reshape(1, -1, height, width).astype(np.float32))
        return np.repeat(np.concatenate((self.pack(masked), flags), axis=2), n, axis=0)

    def static_shapes(
        self, latent_shape: tuple[int, int, int, int], rows: int, prompt_length: int, references: int = 0
    ) -> Shapes:
        tokens = self.image_seq_len(latent_shape)
        return {
            "hidden_states": (rows, tokens, None),
            "timestep": (1,),
            "encoder_hidden_states": (rows, prompt_length, None),
            "pooled_projections": (rows, None),
            "img_ids": (tokens, None),
            "txt_ids": (prompt_length, None),
            "guidance": (rows,),
        }

    def image_seq_len(self, shape: tuple[int, int, int, int]) -> int:
        return (shape[2] // 2) * (shape[3] // 2)

    def pack(self, latents: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return an array of shape (n, height / 2 * width / 2, channels * 4)."""
        n, channels, height, width = latents.shape
        squares = latents.reshape(n, channels, height // 2, 2, width // 2, 2).transpose(0, 2, 4, 1, 3, 5)
        return np.ascontiguousarray(squares.reshape(n, -1, channels * 4))

    def unpack(self, packed: NDArray[np.float32], shape: tuple[int, int, int, int]) -> NDArray[np.float32]:
        n, channels, height, width = shape
        squares = packed.reshape(n, height // 2, width // 2, channels, 2, 2).transpose(0, 3, 1, 4, 2, 5)
        return np.ascontiguousarray(squares.reshape(shape))
