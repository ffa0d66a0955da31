"""Heun's method: two looks at the picture a step, more exact than Euler's method and twice as dear."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.karras import KarrasSigmas, timesteps_at
from graphframe.calculators.diffusion.schedulers.noise.sigmas import (
    predicted_picture,
    scaled_to_unit_variance,
    training_sigmas_of_diffusers,
)
from graphframe.calculators.diffusion.schedulers.noise.spacing_of_diffusers import SpacingOfDiffusers
from graphframe.calculators.diffusion.schedulers.noise.strength import first_step
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step

_Number = TypeVar("_Number", np.int64, np.float32)


@dataclass(frozen=True, slots=True)
class HeunNoise:
    """The fields that say which noise a run visits.

    Attributes
    ----------
    training
        float32, shape (num_train_timesteps,): the noise at each timestep of training.
    spacing
        How the timesteps are spread.
    karras
        How the sigmas are spread; None if they are those of the timesteps.
    """

    training: NDArray[np.float32]
    spacing: SpacingOfDiffusers
    karras: KarrasSigmas | None

    def visited(self, num_inference_steps: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the timesteps, rounded, and the sigmas, of each step that was asked for."""
        timesteps = self.spacing.timesteps(num_inference_steps)
        sigmas = np.interp(timesteps, np.arange(len(self.training)), self.training)
        if self.karras:
            sigmas = self.karras.between(sigmas[0], sigmas[-1], num_inference_steps)
            return timesteps_at(sigmas, self.training), sigmas.astype(np.float32)
        return np.rint(timesteps).astype(np.int64), sigmas.astype(np.float32)


class HeunDiscreteScheduler:
    """Heun steps along the slope of the noise (https://arxiv.org/abs/2206.00364, algorithm 1), as in diffusers.

    Each step but the last is two: one to where Euler's method arrives, and one over again with the mean of the slopes
    at both ends. So there are 2 `num_inference_steps` - 1.

    Parameters
    ----------
    noise
        Which noise a run visits.
    prediction_type
        What the model predicts: "epsilon", "sample" or "v_prediction".
    num_inference_steps, strength, image_seq_len
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        noise: HeunNoise,
        prediction_type: str,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        timesteps, sigmas = noise.visited(num_inference_steps)
        timesteps = twice_after_the_first(timesteps)
        begin = first_step(len(timesteps), num_inference_steps, strength, calls=2)
        self.timesteps: NDArray[np.int64] = timesteps[begin:]
        self._sigmas = np.append(twice_after_the_first(sigmas)[begin:], np.float32(0))
        self._prediction_type = prediction_type
        largest = sigmas.max()
        self.init_noise_sigma: np.float32 = largest
        if noise.spacing.kind == "leading":
            self.init_noise_sigma = np.sqrt(largest * largest + np.float32(1))
        self._start: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Read a config.

        Raises
        ------
        ValueError
            If a field is wrong or asks for what is not supported: `clip_sample`, `use_exponential_sigmas` and
            `use_beta_sigmas` must be false.
        """
        config.must_be("clip_sample", False)
        noise = HeunNoise(
            training_sigmas_of_diffusers(config, beta_start=0.00085, beta_end=0.012),
            SpacingOfDiffusers.from_config(config),
            KarrasSigmas.from_config(config),
        )
        return partial(cls, noise, config.choice("prediction_type", "epsilon", "epsilon", "sample", "v_prediction"))

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
        """Take one step (see `Scheduler.step`); draws no noise."""
        sigma = self._sigmas[step]
        picture = predicted_picture(self._prediction_type, model_output, sample, sigma)
        slope = (sample - picture) / sigma
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


def twice_after_the_first(values: NDArray[_Number]) -> NDArray[_Number]:
    """Return the values, of which all but the first come twice: where a step arrives, the next begins."""
    return np.repeat(values, 2)[1:]
