"""The steps of Heun's method, each of which takes two predictions of the model."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.scheduler import Step

_Number = TypeVar("_Number", np.int64, np.float32)


class HeunSteps:
    """The steps of one run, except the last in pairs: one of Euler's method, then one with the mean of both slopes.

    Parameters
    ----------
    sigmas : array of float32, shape (steps + 1,)
        The sigma before each step and after the last one; see `twice_after_the_first`.
    """

    def __init__(self, sigmas: NDArray[np.float32]) -> None:
        self._sigmas = sigmas
        self._start: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    def take(self, image: NDArray[np.float32], step: int, sample: NDArray[np.float32]) -> Step:
        """Take a step from a sample, in which the model predicts an image."""
        sigma = self._sigmas[step]
        # NOTE: flow-match models predict the slope itself, but diffusers rounds it like this.
        slope = (sample - image) / sigma
        if self._start is None:
            width = self._sigmas[step + 1] - sigma
            self._start = sample.copy(), slope
        else:
            sample, first_slope = self._start
            slope = (first_slope + slope) * np.float32(0.5)
            width = sigma - self._sigmas[step - 1]
            self._start = None
        latent = sample + slope * width
        return Step(latent, latent if step == len(self._sigmas) - 2 else image)


def twice_after_the_first(values: NDArray[_Number]) -> NDArray[_Number]:
    """Return the values, all except the first twice."""
    return np.repeat(values, 2)[1:]
