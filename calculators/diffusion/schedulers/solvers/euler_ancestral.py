"""Euler's method with fresh noise at each step."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.sigmas import (
    predicted_picture,
    scaled_to_unit_variance,
    training_sigmas,
)
from graphframe.calculators.diffusion.schedulers.noise.strength import first_step
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class EulerAncestralDiscreteScheduler:
    """Euler steps that go below the noise they aim at, and add noise to reach it.

    It is `sample_euler_ancestral` of k-diffusion.

    Parameters
    ----------
    training
        float32, shape (num_train_timesteps,): the noise at each timestep of training.
    spacing
        How the timesteps are spread.
    prediction_type
        What the model predicts: "epsilon" or "v_prediction".
    num_inference_steps, strength, image_seq_len
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
        self._sigmas = np.append(training[self.timesteps], np.float32(0))
        self._prediction_type = prediction_type
        self.init_noise_sigma: np.float32 = self._sigmas.max()
        if spacing.kind == "leading":
            self.init_noise_sigma = np.float32(math.sqrt(float(self.init_noise_sigma) ** 2 + 1))

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Read a config.

        Raises
        ------
        ValueError
            If a field is wrong or asks for what is not supported.
        """
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "v_prediction")
        training = training_sigmas(config, beta_schedule="linear")
        return partial(cls, training, TimestepSpacing.from_config(config), prediction_type)

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return a picture with as much noise as there is before a step."""
        noisy: NDArray[np.float32] = sample + self._sigmas[step] * noise
        return noisy

    def scale_model_input(self, sample: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return the sample with a variance of 1."""
        return scaled_to_unit_variance(sample, self._sigmas[step])

    def step(
        self,
        model_output: NDArray[np.float32],
        step: int,
        sample: NDArray[np.float32],
        randn: Randn,
    ) -> Step:
        """Take one step (see `Scheduler.step`); draws noise at each, the last one included."""
        sigma = self._sigmas[step]
        picture = predicted_picture(self._prediction_type, model_output, sample, sigma)
        up, down = _up_and_down(float(sigma), float(self._sigmas[step + 1]))
        noise = randn(sample.shape)
        return Step(sample + (sample - picture) / sigma * (down - sigma) + noise * up, picture)


def _up_and_down(sigma: float, arrival: float) -> tuple[np.float32, np.float32]:
    """Return the noise to add, and that to go down to before, so that both together are the noise to arrive at."""
    up = np.float32(math.sqrt(arrival**2 * (sigma**2 - arrival**2) / sigma**2))
    return up, np.float32(math.sqrt(arrival**2 - float(up) ** 2))
