"""Heun's method for flow-match models."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.flow_match import FlowMatchNoise
from graphframe.calculators.diffusion.schedulers.noise.strength import first_step
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step
from graphframe.calculators.diffusion.schedulers.solvers.heun import twice_after_the_first


class FlowMatchHeunDiscreteScheduler:
    """Steps along the mean of the velocities at both ends of a step, as in diffusers.

    Other than there, it is as good for models whose steps depend on the size of the picture. Each step but the last is
    two, so there are 2 `num_inference_steps` - 1.

    Parameters
    ----------
    noise
        Which parts of noise a run visits.
    num_inference_steps, strength, image_seq_len
        See `SchedulerFactory`.
    """

    init_noise_sigma = np.float32(1)

    def __init__(
        self, noise: FlowMatchNoise, num_inference_steps: int, strength: float = 1.0, image_seq_len: int | None = None
    ) -> None:
        sigmas = twice_after_the_first(noise.sigmas(num_inference_steps, image_seq_len))
        sigmas = sigmas[first_step(len(sigmas), num_inference_steps, strength, calls=2, partial_step=True) :]
        self.timesteps: NDArray[np.float32] = sigmas * np.float32(noise.num_train_timesteps)
        self._sigmas = np.append(sigmas, np.float32(0))
        self._start: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Read a config. Raises ValueError as `FlowMatchNoise.from_config` does."""
        return partial(cls, FlowMatchNoise.from_config(config))

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return a picture with as much noise as there is before a step."""
        sigma = self._sigmas[step]
        noisy: NDArray[np.float32] = sigma * noise + (1 - sigma) * sample
        return noisy

    def scale_model_input(self, sample: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return the sample itself."""
        return sample

    def step(
        self,
        model_output: NDArray[np.float32],
        step: int,
        sample: NDArray[np.float32],
        randn: Randn,
    ) -> Step:
        """Take one step (see `Scheduler.step`); draws no noise."""
        sigma = self._sigmas[step]
        picture = sample - sigma * model_output
        slope = (sample - picture) / sigma  # but for rounding, this is `model_output`; diffusers rounds so
        if self._start is None:
            width = self._sigmas[step + 1] - sigma
            self._start = sample.copy(), slope
        else:
            sample, first_slope = self._start
            slope = (first_slope + slope) * np.float32(0.5)
            width = sigma - self._sigmas[step - 1]
            self._start = None
        latent = sample + slope * width
        return Step(latent, latent if step == len(self.timesteps) - 1 else picture)
