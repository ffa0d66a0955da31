"""The noise schedule of solvers that run the model twice per step: Heun, DPM2 and DPM++ SDE, as in diffusers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.diffusers_timesteps import diffusers_timesteps
from graphframe.calculators.diffusion.schedulers.noise.sigma_spread import SigmaSpread, rounded_timesteps_at
from graphframe.calculators.diffusion.schedulers.noise.sigmas import diffusers_training_sigmas
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing


@dataclass(frozen=True, slots=True)
class SigmaNoise:
    """The noise schedule.

    Attributes
    ----------
    training : array of float32, shape (num_train_timesteps,)
        The sigma of each timestep of training.
    spacing : TimestepSpacing
        The spacing of timesteps.
    spread : SigmaSpread or None
        The spread of the sigmas, if they are not those of the timesteps.
    """

    training: NDArray[np.float32]
    spacing: TimestepSpacing
    spread: SigmaSpread | None

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> SigmaNoise:
        """Return the schedule in a config. Raise ValueError for fields that are not valid."""
        return cls(
            diffusers_training_sigmas(config, beta_start=0.00085, beta_end=0.012),
            TimestepSpacing.from_config(config, "linspace"),
            SigmaSpread.from_config(config),
        )

    def visited(self, num_inference_steps: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rounded timesteps and the sigmas of a run."""
        timesteps = diffusers_timesteps(self.spacing, num_inference_steps)
        sigmas = np.interp(timesteps, np.arange(len(self.training)), self.training)
        if self.spread:
            sigmas = self.spread.between(sigmas[0], sigmas[-1], num_inference_steps)
            return rounded_timesteps_at(sigmas, self.training), sigmas.astype(np.float32)
        return np.rint(timesteps).astype(np.int64), sigmas.astype(np.float32)

    def init_noise_sigma(self, sigmas: NDArray[np.float32]) -> np.float32:
        """Return the standard deviation of the initial noise of a run with these sigmas."""
        largest = sigmas.max()
        initial: np.float32 = np.sqrt(largest * largest + np.float32(1)) if self.spacing.kind == "leading" else largest
        return initial

    def timesteps_at(self, sigmas: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the rounded timesteps of training with the noise of sigmas."""
        return rounded_timesteps_at(sigmas.astype(np.float64), self.training)
