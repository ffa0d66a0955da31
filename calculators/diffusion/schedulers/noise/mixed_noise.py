"""Noise that is mixed with an image by weights: the base of variance-preserving and flow-match schedulers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class MixedNoise:
    """Samples that are ``image_weight * image + noise_weight * noise``.

    Parameters
    ----------
    image_weights, noise_weights : array of float32, shape (steps,) or more
        The weights before each step.
    """

    init_noise_sigma = np.float32(1)

    def __init__(self, image_weights: NDArray[np.float32], noise_weights: NDArray[np.float32]) -> None:
        self._image_weights = image_weights
        self._noise_weights = noise_weights

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return an image with the amount of noise before a step."""
        noisy: NDArray[np.float32] = self._image_weights[step] * sample + self._noise_weights[step] * noise
        return noisy

    def scale_model_input(self, sample: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return the sample itself."""
        return sample
