"""Heun's method for flow-match models."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.flow_match import FlowMatchNoise
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step
from graphframe.calculators.diffusion.schedulers.solvers.heun_steps import HeunSteps, twice_after_the_first


class FlowMatchHeunDiscreteScheduler(MixedNoise):
    """Heun's method along the mean of the velocities at both ends of a step, as in diffusers.

    Unlike diffusers, it supports models whose schedule depends on the image size. Each step except the last runs the
    model twice, so there are ``2 * num_inference_steps - 1`` steps.

    Parameters
    ----------
    noise : FlowMatchNoise
        The noise schedule.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self, noise: FlowMatchNoise, num_inference_steps: int, strength: float = 1.0, image_seq_len: int | None = None
    ) -> None:
        sigmas = twice_after_the_first(noise.sigmas(num_inference_steps, image_seq_len))
        sigmas = sigmas[first_step(len(sigmas), num_inference_steps, strength, calls=2, partial_step=True) :]
        self.timesteps: NDArray[np.float32] = sigmas * np.float32(noise.num_train_timesteps)
        super().__init__(1 - sigmas, sigmas)
        self._sigmas = np.append(sigmas, np.float32(0))
        self._steps = HeunSteps(self._sigmas)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config. Raise ValueError like `FlowMatchNoise.from_config`."""
        config.must_be("stochastic_sampling", False)
        return partial(cls, FlowMatchNoise.from_config(config))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step without noise; see `Scheduler.step`."""
        return self._steps.take(sample - self._sigmas[step] * model_output, step, sample)
