"""Noise of standard deviation sigma that is added to an image: the base of Euler's and Heun's schedulers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.noise.sigmas import scaled_to_unit_variance


class AddedNoise:
    """Samples that are ``image + sigma * noise``.

    Parameters
    ----------
    sigmas : array of float32, shape (steps + 1,)
        The standard deviation of the noise before each step and after the last one.
    """

    def __init__(self, sigmas: NDArray[np.float32]) -> None:
        self._sigmas = sigmas

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return an image with the amount of noise before a step."""
        noisy: NDArray[np.float32] = sample + self._sigmas[step] * noise
        return noisy

    def scale_model_input(self, sample: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return the sample with a variance of 1."""
        return scaled_to_unit_variance(sample, self._sigmas[step])
