"""Euler's method with new noise at each step."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.added_noise import AddedNoise
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.sigmas import predicted_image, training_sigmas
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class EulerAncestralDiscreteScheduler(AddedNoise):
    """Euler steps to less noise than wanted, and noise that makes up the difference.

    This is `sample_euler_ancestral` of k-diffusion.

    Parameters
    ----------
    training : array of float32, shape (num_train_timesteps,)
        The sigma of each timestep of training.
    spacing : TimestepSpacing
        The spacing of timesteps.
    prediction_type : str
        The model's prediction: "epsilon" or "v_prediction".
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        training: NDArray[np.float32],
        spacing: TimestepSpacing,
        prediction_type: str,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        timesteps = spacing.timesteps(num_inference_steps)
        self.timesteps: NDArray[np.int64] = timesteps[first_step(len(timesteps), num_inference_steps, strength) :]
        super().__init__(np.append(training[self.timesteps], np.float32(0)))
        self._prediction_type = prediction_type
        self.init_noise_sigma: np.float32 = self._sigmas.max()
        if spacing.kind == "leading":
            self.init_noise_sigma = np.float32(math.sqrt(float(self.init_noise_sigma) ** 2 + 1))

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported.
        """
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "v_prediction")
        training = training_sigmas(config, beta_schedule="linear")
        return partial(cls, training, TimestepSpacing.from_config(config), prediction_type)

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step with noise, also the last one; see `Scheduler.step`."""
        sigma = self._sigmas[step]
        image = predicted_image(self._prediction_type, model_output, sample, sigma)
        up, down = _up_and_down(float(sigma), float(self._sigmas[step + 1]))
        noise = randn(sample.shape)
        return Step(sample + (sample - image) / sigma * (down - sigma) + noise * up, image)


def _up_and_down(sigma: float, arrival: float) -> tuple[np.float32, np.float32]:
    """Return the sigma of the noise to add, and the sigma to step to, which together give `arrival`."""
    up = np.float32(math.sqrt(arrival**2 * (sigma**2 - arrival**2) / sigma**2))
    return up, np.float32(math.sqrt(arrival**2 - float(up) ** 2))
