"""The Stable Diffusion family: 1.x, 2.x, and Latent Consistency Models made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calculators.diffusion.model_config import read_config, vae_scale_factor


@dataclass(frozen=True)
class StableDiffusion:
    """What requests to a model of the family may say, and what they mean where they say nothing.

    Attributes
    ----------
    channels : int
        Of a latent.
    scale_factor : int
        Pixels a latent, along each side.
    default_size : int
        Width and height, in pixels.
    default_num_inference_steps : int
    default_guidance_scale : float
    guidance_is_embedded : bool
        Whether the UNet takes the guidance scale as an input, as that of a Latent Consistency Model does.
    """

    channels: int
    scale_factor: int
    default_size: int
    default_num_inference_steps: int
    default_guidance_scale: float
    guidance_is_embedded: bool

    @classmethod
    def from_folder(cls, folder: Path) -> StableDiffusion:
        """Read what the configs in the folder of a model say.

        Raises
        ------
        FileNotFoundError, ValueError
            If they are missing or unreadable, or the model cannot do text-to-image.
        """
        unet = read_config(folder / "unet" / "config.json")
        if unet["in_channels"] != unet["out_channels"]:
            raise ValueError(
                f"{folder / 'unet' / 'config.json'}: the UNet takes {unet['in_channels']} channels and gives "
                f"{unet['out_channels']}: a model for inpainting, which cannot make images from text alone"
            )
        scale_factor = vae_scale_factor(read_config(folder / "vae_decoder" / "config.json"))
        guidance_is_embedded = unet.get("time_cond_proj_dim") is not None
        return cls(
            channels=unet["in_channels"],
            scale_factor=scale_factor,
            default_size=unet["sample_size"] * scale_factor,
            default_num_inference_steps=4 if guidance_is_embedded else 50,
            default_guidance_scale=8.5 if guidance_is_embedded else 7.5,
            guidance_is_embedded=guidance_is_embedded,
        )

    def uses_classifier_free_guidance(self, guidance_scale: float) -> bool:
        """Whether each step looks at the negative prompt too."""
        return guidance_scale > 1 and not self.guidance_is_embedded


def guidance_embedding(guidance_scale: float, size: int) -> NDArray[np.float32]:
    """The guidance scale as the UNet of a Latent Consistency Model takes it.

    Sines, then cosines, of ``1000 (guidance_scale - 1)`` at falling frequencies (https://arxiv.org/abs/2310.04378).

    Returns
    -------
    float32, shape (1, size)
    """
    half = size // 2
    # NOTE: float32 at each place where openvino_genai has it: sines of numbers near 10,000 show the last bit.
    scale = np.float32(np.float32(guidance_scale) - np.float32(1)) * np.float32(1000)
    decay = np.float32(np.log(10000.0) / (half - 1))
    exponents = np.arange(half, dtype=np.float32) * -decay
    angles = (np.exp(exponents.astype(np.float64)).astype(np.float32) * scale).astype(np.float64)
    embedding = np.zeros((1, size), np.float32)
    embedding[0, :half] = np.sin(angles)
    embedding[0, half : 2 * half] = np.cos(angles)
    return embedding
