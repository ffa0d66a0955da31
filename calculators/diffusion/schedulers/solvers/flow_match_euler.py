"""Euler's method for flow-match models: Stable Diffusion 3, FLUX."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.flow_match import FlowMatchNoise
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class FlowMatchEulerDiscreteScheduler(MixedNoise):
    """Euler's method along the velocity that the model predicts, https://arxiv.org/abs/2403.03206.

    Parameters
    ----------
    noise : FlowMatchNoise
        The noise schedule.
    stochastic : bool
        Whether each step goes to the predicted image with new noise.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        noise: FlowMatchNoise,
        stochastic: bool,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        sigmas = noise.sigmas(num_inference_steps, image_seq_len)
        sigmas = sigmas[first_step(len(sigmas), num_inference_steps, strength, partial_step=True) :]
        self.timesteps: NDArray[np.float32] = sigmas * np.float32(noise.num_train_timesteps)
        super().__init__(1 - sigmas, sigmas)
        self._sigmas = np.append(sigmas, np.float32(0))
        self._stochastic = stochastic

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config. Raise ValueError like `FlowMatchNoise.from_config`."""
        return partial(cls, FlowMatchNoise.from_config(config), config.flag("stochastic_sampling", False))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step, with noise if the scheduler is stochastic; see `Scheduler.step`."""
        sigma, arrival = self._sigmas[step], self._sigmas[step + 1]
        if self._stochastic:
            image = sample - sigma * model_output
            latent = image if not arrival else self.add_noise(image, randn(sample.shape), step + 1)
        else:
            latent = sample + (arrival - sigma) * model_output
        return Step(latent, latent if step == len(self.timesteps) - 1 else sample - sigma * model_output)
