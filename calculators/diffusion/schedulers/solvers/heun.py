"""Heun's method, which runs the model twice per step: more exact than Euler's method, and twice as expensive."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.added_noise import AddedNoise
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.sigma_noise import SigmaNoise
from graphframe.calculators.diffusion.schedulers.noise.sigmas import predicted_image
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step
from graphframe.calculators.diffusion.schedulers.solvers.heun_steps import HeunSteps, twice_after_the_first


class HeunDiscreteScheduler(AddedNoise):
    """Heun's method for the probability flow ODE, https://arxiv.org/abs/2206.00364, algorithm 1, as in diffusers.

    Each step except the last consists of two: a step of Euler's method, and the same step with the mean of the slopes
    at both ends. There are ``2 * num_inference_steps - 1`` steps in all.

    Parameters
    ----------
    noise : SigmaNoise
        The noise schedule.
    prediction_type : str
        The model's prediction: "epsilon", "sample" or "v_prediction".
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        noise: SigmaNoise,
        prediction_type: str,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        timesteps, sigmas = noise.visited(num_inference_steps)
        timesteps = twice_after_the_first(timesteps)
        begin = first_step(len(timesteps), num_inference_steps, strength, calls=2)
        self.timesteps: NDArray[np.int64] = timesteps[begin:]
        super().__init__(np.append(twice_after_the_first(sigmas)[begin:], np.float32(0)))
        self._prediction_type = prediction_type
        self.init_noise_sigma: np.float32 = noise.init_noise_sigma(sigmas)
        self._steps = HeunSteps(self._sigmas)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `clip_sample` must be false.
        """
        config.must_be("clip_sample", False)
        noise = SigmaNoise.from_config(config)
        return partial(cls, noise, config.choice("prediction_type", "epsilon", "epsilon", "sample", "v_prediction"))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step without noise; see `Scheduler.step`."""
        image = predicted_image(self._prediction_type, model_output, sample, self._sigmas[step])
        return self._steps.take(image, step, sample)
