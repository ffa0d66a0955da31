"""Euler's method for flow-match models: Stable Diffusion 3, FLUX."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.flow_match import FlowMatchNoise
from graphframe.calculators.diffusion.schedulers.noise.strength import first_step
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class FlowMatchEulerDiscreteScheduler:
    """Steps along the velocity that the model predicts, from noise to a picture (https://arxiv.org/abs/2403.03206).

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
        sigmas = noise.sigmas(num_inference_steps, image_seq_len)
        sigmas = sigmas[first_step(len(sigmas), num_inference_steps, strength, partial_step=True) :]
        self.timesteps: NDArray[np.float32] = sigmas * np.float32(noise.num_train_timesteps)
        self._sigmas = np.append(sigmas, np.float32(0))

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
        sigma, arrival = self._sigmas[step], self._sigmas[step + 1]
        latent = sample + (arrival - sigma) * model_output
        return Step(latent, latent if step == len(self.timesteps) - 1 else sample - sigma * model_output)
