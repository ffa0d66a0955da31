"""Mean and spread of the latents of a VAE, where its denoiser wants them to have none and 1: FLUX.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self


@dataclass(frozen=True)
class LatentStatistics:
    """They differ between the 2x2 latents that are one token.

    Attributes
    ----------
    mean, std
        float32, shape (channels, 1, 2, 1, 2).
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self | None:
        """Read the ``config.json`` of a VAE decoder; None if it has none."""
        if "bn_running_mean_data" not in config:
            return None
        shape = (-1, 1, 2, 1, 2)
        variance = np.array(config["bn_running_var_data"], np.float32) + np.float32(config.get("batch_norm_eps", 1e-4))
        return cls(
            np.array(config["bn_running_mean_data"], np.float32).reshape(shape), np.sqrt(variance).reshape(shape)
        )

    def normalised(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the VAE gives as the denoiser takes it: float32, shape (n, channels, height, width)."""
        return ((_squares(latents) - self.mean) / self.std).reshape(latents.shape)

    def restored(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Undo `normalised`."""
        return (_squares(latents) * self.std + self.mean).reshape(latents.shape)


def _squares(latents: NDArray[np.float32]) -> NDArray[np.float32]:
    n, channels, height, width = latents.shape
    return latents.reshape(n, channels, height // 2, 2, width // 2, 2)
