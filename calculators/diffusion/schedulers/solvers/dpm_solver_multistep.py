"""DPM-Solver++ of second order, which uses the predictions of two steps: "DPM++ 2M"."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import MultistepNoise, NoiseLevels
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


@dataclass(frozen=True, slots=True)
class SolverFields:
    """The config fields of the solver.

    Attributes
    ----------
    stochastic : bool
        Whether each step removes more noise than necessary and adds new noise ("sde-dpmsolver++").
    lower_order_final : bool
        Whether the last of fewer than 15 steps is of first order. It always is if no noise remains after it.
    euler_at_final : bool
        Whether the last step is of first order, for any number of steps.
    """

    stochastic: bool
    lower_order_final: bool
    euler_at_final: bool

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> SolverFields:
        """Return the fields in a config. Raise ValueError for fields that are not valid or not supported."""
        config.must_be("solver_order", 2, default=2)
        config.must_be("use_lu_lambdas", False)
        # NOTE: as in diffusers, the types of other solvers are accepted, and mean this solver's own type. A scheduler
        # can then use the config of another.
        config.choice("solver_type", "midpoint", "midpoint", "logrho", "bh1", "bh2")
        return cls(
            config.choice("algorithm_type", "dpmsolver++", "dpmsolver++", "sde-dpmsolver++") == "sde-dpmsolver++",
            config.flag("lower_order_final", True),
            config.flag("euler_at_final", False),
        )


class _Update(NamedTuple):
    """The factors of the terms that add up to the sample after a step."""

    sample: np.float32
    image: np.float32
    earlier_image: np.float32 | None
    noise: np.float32


class DPMSolverMultistepScheduler(MixedNoise):
    """DPM-Solver++(2M), https://arxiv.org/abs/2211.01095, algorithm 2, and its stochastic form, as in diffusers.

    Parameters
    ----------
    noise : MultistepNoise
        The noise schedule.
    fields : SolverFields
        The config fields of the solver.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        noise: MultistepNoise,
        fields: SolverFields,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        self._levels = noise.levels(num_inference_steps, strength)
        super().__init__(self._levels.image_weights, self._levels.noise_weights)
        self.timesteps: NDArray[np.int64] = self._levels.timesteps
        last = len(self.timesteps) - 1
        euler_at_final = (
            noise.to_zero or fields.euler_at_final or (fields.lower_order_final and num_inference_steps < 15)
        )
        first_order = {0, last} if euler_at_final else {0}
        self._updates = [
            _update(self._levels, step, step in first_order, fields.stochastic) for step in range(last + 1)
        ]
        self._stochastic = fields.stochastic
        self._earlier_image: NDArray[np.float32] = np.empty(0, np.float32)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `solver_order` must be 2, `algorithm_type`
            "dpmsolver++" or "sde-dpmsolver++", `thresholding`, `use_lu_lambdas`, `use_flow_sigmas`,
            `use_exponential_sigmas` and `use_beta_sigmas` false.
        """
        return partial(cls, MultistepNoise.from_config(config), SolverFields.from_config(config))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step, with noise if the solver is stochastic; see `Scheduler.step`."""
        image = self._levels.image(model_output, step, sample)
        update = self._updates[step]
        latent = update.sample * sample + update.image * image
        if update.earlier_image is not None:
            latent += update.earlier_image * self._earlier_image
        if self._stochastic:
            latent += update.noise * randn(sample.shape)
        self._earlier_image = image
        return Step(latent, latent if step == len(self.timesteps) - 1 else image)


def _update(levels: NoiseLevels, step: int, first_order: bool, stochastic: bool) -> _Update:
    signal, log_snr = float(levels.image_weights[step + 1]), levels.log_snr
    noise = levels.noise_weights.astype(np.float64)
    width = float(log_snr[step + 1] - log_snr[step])
    kept = float(noise[step + 1] / noise[step])
    if stochastic:
        kept *= math.exp(-width)
        seen = -signal * math.expm1(-2 * width)
        fresh = float(noise[step + 1]) * math.sqrt(-math.expm1(-2 * width))
    else:
        seen = -signal * math.expm1(-width)
        fresh = 0.0
    if first_order:
        return _Update(np.float32(kept), np.float32(seen), None, np.float32(fresh))
    lever = 0.5 * seen * width / float(log_snr[step] - log_snr[step - 1])
    return _Update(np.float32(kept), np.float32(seen + lever), np.float32(-lever), np.float32(fresh))
