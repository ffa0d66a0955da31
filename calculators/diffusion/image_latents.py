"""What VAE-encoding gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers import Randn


@dataclass(frozen=True)
class LatentDistribution:
    """What a picture may be in latents, as the VAE says; denoising draws one of them.

    NOTE: it is drawn there since all noise of a run comes from one generator, in openvino_genai's order.

    Attributes
    ----------
    mean
        float32, shape (1, channels, height, width).
    std
        float32, of the same shape: the standard deviation; None if there is nothing to draw.
    shift_factor, scaling_factor
        float32, what is subtracted from a latent, and what it is then multiplied by: a number, or for each channel one,
        shape (channels, 1, 1).
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32] | None
    shift_factor: NDArray[np.float32] | np.float32
    scaling_factor: NDArray[np.float32] | np.float32

    def sample(self, randn: Randn) -> NDArray[np.float32]:
        """Draw a latent: float32, shape (1, channels, height, width)."""
        latent = self.mean if self.std is None else self.mean + self.std * randn(self.mean.shape)
        return np.asarray((latent - self.shift_factor) * self.scaling_factor)


@dataclass(frozen=True)
class ImageLatents:
    """A picture to start from, or none.

    Attributes
    ----------
    whole : LatentDistribution or None
        The picture; None if it is not needed.
    masked : LatentDistribution or None
        What the mask leaves of it, gray elsewhere; None if the denoiser does not take it.
    mask
        bool, shape (height, width) in pixels: true where it is to be painted anew; None for image-to-image.
    """

    whole: LatentDistribution | None
    masked: LatentDistribution | None = None
    mask: NDArray[np.bool_] | None = None
