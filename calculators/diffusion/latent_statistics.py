"""Mean and standard deviation that normalise VAE latents for the denoisers of FLUX.2 and Qwen-Image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from graphframe.calculators.diffusion.model_config import is_of_videos


@dataclass(frozen=True)
class LatentStatistics:
    """The mean and standard deviation of each channel; FLUX.2 has four of each for the 2x2 latents of a token.

    Attributes
    ----------
    mean, std : array of float32, shape (channels, 1, 2, 1, 2) or (channels, 1, 1, 1, 1)
        Their shapes fit latents of shape (n, channels, height / 2, 2, width / 2, 2).
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        """Return the statistics in the ``config.json`` of a VAE decoder, or None if it has none."""
        if is_of_videos(config):
            return cls(
                *(np.array(config[f"latents_{each}"], np.float32).reshape(-1, 1, 1, 1, 1) for each in ("mean", "std"))
            )
        if "bn_running_mean_data" not in config:
            return None
        shape = (-1, 1, 2, 1, 2)
        variance = np.array(config["bn_running_var_data"], np.float32) + np.float32(config.get("batch_norm_eps", 1e-4))
        return cls(
            np.array(config["bn_running_mean_data"], np.float32).reshape(shape), np.sqrt(variance).reshape(shape)
        )

    def normalise(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalise the VAE's latents for the denoiser: arrays of float32, shape (n, channels, height, width)."""
        return ((_squares(latents) - self.mean) / self.std).reshape(latents.shape)

    def restore(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Undo `normalise`."""
        return (_squares(latents) * self.std + self.mean).reshape(latents.shape)


def shift_and_scale(config: dict[str, Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the value that is subtracted from a VAE encoder's latents, and the factor that they are then multiplied
    by.

    Parameters
    ----------
    config : dict
        The ``config.json`` of the encoder.

    Returns
    -------
    shift, scale : array of float32, shape () or (channels, 1, 1)
    """
    if is_of_videos(config):
        mean, std = (np.array(config[f"latents_{each}"], np.float32)[:, None, None] for each in ("mean", "std"))
        # NOTE: openvino_genai multiplies by the reciprocal; a division would differ in the last bit.
        return mean, np.float32(1) / std
    shift, scale = config.get("shift_factor") or 0, config.get("scaling_factor") or 1
    return np.array(shift, np.float32), np.array(scale, np.float32)


def _squares(latents: NDArray[np.float32]) -> NDArray[np.float32]:
    n, channels, height, width = latents.shape
    return latents.reshape(n, channels, height // 2, 2, width // 2, 2)
