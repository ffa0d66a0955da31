"""Euler's method for models in the EDM framework."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.edm_noise import EdmNoise, EdmSamples
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class EDMEulerScheduler(EdmSamples):
    """Euler's method, https://arxiv.org/abs/2206.00364, algorithm 2 without churn, as in diffusers.

    Parameters
    ----------
    noise : EdmNoise
        The noise schedule.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self, noise: EdmNoise, num_inference_steps: int, strength: float = 1.0, image_seq_len: int | None = None
    ) -> None:
        super().__init__(noise, num_inference_steps, strength)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config. Raise ValueError for fields that are not valid or not supported."""
        return partial(cls, EdmNoise.from_config(config))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step without noise; see `Scheduler.step`."""
        sigma, arrival = self._sigmas[step], self._sigmas[step + 1]
        image = self.image(model_output, step, sample)
        latent = sample + (sample - image) / sigma * (arrival - sigma)
        return Step(latent, latent if step == len(self.timesteps) - 1 else image)
