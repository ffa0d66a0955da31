"""Steps that run the model twice: where they start, and at a point in the middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.noise.added_noise import AddedNoise
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.sigma_noise import SigmaNoise
from graphframe.calculators.diffusion.schedulers.noise.sigmas import predicted_image

_Number = TypeVar("_Number", np.int64, np.float32)
Middle = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]
"""A function that returns the sigma in the middle of each step, from those at its start and its end, in float32."""


class MidpointSteps(AddedNoise):
    """The sigmas of such steps. The last one has no middle, so there are ``2 * num_inference_steps - 1`` calls.

    Parameters
    ----------
    noise : SigmaNoise
        The noise schedule.
    prediction_type : str
        The model's prediction: "epsilon" or "v_prediction".
    middle : callable
        See `Middle`.
    num_inference_steps, strength : int, float
        See `SchedulerFactory`.
    """

    def __init__(
        self, noise: SigmaNoise, prediction_type: str, middle: Middle, num_inference_steps: int, strength: float
    ) -> None:
        timesteps, sigmas = noise.visited(num_inference_steps)
        between = middle(sigmas[:-1], sigmas[1:])
        begin = first_step(2 * len(sigmas) - 1, num_inference_steps, strength, calls=2)
        self.timesteps: NDArray[np.int64] = _interleaved(timesteps, noise.timesteps_at(between))[begin:]
        self.init_noise_sigma: np.float32 = noise.init_noise_sigma(sigmas)
        super().__init__(np.append(_interleaved(sigmas, between)[begin:], np.float32(0)))
        self._prediction_type = prediction_type
        self._start: NDArray[np.float32] = np.empty(0, np.float32)

    def is_in_middle(self, step: int) -> bool:
        """Return whether a call of the model is in the middle of a step."""
        return step % 2 == 1

    def is_last(self, step: int) -> bool:
        """Return whether a call of the model is the last one."""
        return step == len(self.timesteps) - 1

    def ends(self, step: int) -> tuple[np.float32, np.float32]:
        """Return the sigmas at the start and the end of the step that a call of the model belongs to."""
        start = step - step % 2
        return self._sigmas[start], self._sigmas[min(start + 2, len(self.timesteps))]

    def image(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the image that the model predicts, and keep the sample at the start of a step."""
        if not self.is_in_middle(step):
            self._start = sample.copy()
        return predicted_image(self._prediction_type, model_output, sample, self._sigmas[step])


def up_and_down(sigma: NDArray[np.float32], arrival: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Return the sigmas of the noise to add and those to step to, which together give `arrival`."""
    up = np.sqrt(arrival**2 * (sigma**2 - arrival**2) / sigma**2)
    return up, np.sqrt(arrival**2 - up**2)


def _interleaved(values: NDArray[_Number], between: NDArray[_Number]) -> NDArray[_Number]:
    mixed = np.empty(len(values) + len(between), values.dtype)
    mixed[::2], mixed[1::2] = values, between
    return mixed
