"""The output of a VAE encoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers import Randn


@dataclass(frozen=True)
class LatentDistribution:
    """The distribution of an image's latents, from which denoising draws a sample.

    NOTE: the VAE encoder draws no sample itself, because one generator makes all noise of a run, in the order of
    openvino_genai.

    Attributes
    ----------
    mean : array of float32, shape (1, channels, height, width)
        The mean.
    std : array of float32, shape (1, channels, height, width), or None
        The standard deviation. None if the distribution is a single value.
    shift_factor, scaling_factor : array of float32, shape () or (channels, 1, 1)
        The value that is subtracted from a sample, and the factor that it is then multiplied by.
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32] | None
    shift_factor: NDArray[np.float32] | np.float32
    scaling_factor: NDArray[np.float32] | np.float32

    def sample(self, randn: Randn) -> NDArray[np.float32]:
        """Draw a sample: an array of float32, shape (1, channels, height, width)."""
        return self._scaled(self.mean if self.std is None else self.mean + self.std * randn(self.mean.shape))

    def mode(self) -> NDArray[np.float32]:
        """Return the most likely sample: an array of float32, shape (1, channels, height, width)."""
        return self._scaled(self.mean)

    def _scaled(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray((latents - self.shift_factor) * self.scaling_factor)


@dataclass(frozen=True)
class ImageLatents:
    """The latents of a request's image.

    Attributes
    ----------
    whole : LatentDistribution or None
        The image. None if the request has none, or if denoising does not need it.
    masked : LatentDistribution or None
        The image with gray pixels where it is repainted. None if the denoiser does not use it.
    mask : array of bool, shape (height, width) in pixels, or None
        True where the image is repainted. None for image-to-image.
    further : tuple of LatentDistribution
        The further images.
    """

    whole: LatentDistribution | None
    masked: LatentDistribution | None = None
    mask: NDArray[np.bool_] | None = None
    further: tuple[LatentDistribution, ...] = ()
