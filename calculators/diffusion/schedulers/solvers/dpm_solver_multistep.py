"""DPM-Solver++ of second order, with what earlier steps saw of the picture: "DPM++ 2M"."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.multistep import Mixtures, MultistepNoise
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


@dataclass(frozen=True, slots=True)
class SolverFields:
    """The fields of the config that are the method's own.

    Attributes
    ----------
    stochastic
        Whether each step goes further down and adds noise to come back ("sde-dpmsolver++").
    lower_order_final
        Whether, below 15 steps, the last is of first order. It always is where no noise is left after it.
    euler_at_final
        Whether it is so with any number of steps.
    """

    stochastic: bool
    lower_order_final: bool
    euler_at_final: bool

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> SolverFields:
        """Read the fields. Raises ValueError for what they cannot be, or must not be here."""
        config.must_be("solver_order", 2, default=2)
        config.must_be("use_lu_lambdas", False)
        # NOTE: the other solvers' types stand for its own, as in diffusers, so that one may take another's config.
        config.choice("solver_type", "midpoint", "midpoint", "logrho", "bh1", "bh2")
        return cls(
            config.choice("algorithm_type", "dpmsolver++", "dpmsolver++", "sde-dpmsolver++") == "sde-dpmsolver++",
            config.flag("lower_order_final", True),
            config.flag("euler_at_final", False),
        )


class _Update(NamedTuple):
    """What the sample after a step consists of: factors of what is known before it."""

    sample: np.float32
    picture: np.float32
    earlier_picture: np.float32 | None
    noise: np.float32


class DPMSolverMultistepScheduler:
    """DPM-Solver++(2M), https://arxiv.org/abs/2211.01095, algorithm 2, and its stochastic form, as in diffusers.

    Parameters
    ----------
    noise
        Which noise a run visits.
    fields
        The method's own fields of the config.
    num_inference_steps, strength, image_seq_len
        See `SchedulerFactory`.
    """

    init_noise_sigma = np.float32(1)

    def __init__(
        self,
        noise: MultistepNoise,
        fields: SolverFields,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        self._mixtures = noise.mixtures(num_inference_steps, strength)
        self.timesteps: NDArray[np.int64] = self._mixtures.timesteps
        last = len(self.timesteps) - 1
        euler_at_final = (
            noise.to_zero or fields.euler_at_final or (fields.lower_order_final and num_inference_steps < 15)
        )
        first_order = {0, last} if euler_at_final else {0}
        self._updates = [
            _update(self._mixtures, step, step in first_order, fields.stochastic) for step in range(last + 1)
        ]
        self._stochastic = fields.stochastic
        self._earlier_picture: NDArray[np.float32] = np.empty(0, np.float32)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Read a config.

        Raises
        ------
        ValueError
            If a field is wrong or asks for what is not supported: `solver_order` must be 2, `algorithm_type`
            "dpmsolver++" or "sde-dpmsolver++", `thresholding`, `use_lu_lambdas`, `use_flow_sigmas`,
            `use_exponential_sigmas` and `use_beta_sigmas` false.
        """
        return partial(cls, MultistepNoise.from_config(config), SolverFields.from_config(config))

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return a picture with as much noise as there is before a step."""
        return self._mixtures.mix(sample, noise, step)

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
        """Take one step (see `Scheduler.step`); draws noise at each if it is stochastic."""
        picture = self._mixtures.picture(model_output, step, sample)
        update = self._updates[step]
        latent = update.sample * sample + update.picture * picture
        if update.earlier_picture is not None:
            latent += update.earlier_picture * self._earlier_picture
        if self._stochastic:
            latent += update.noise * randn(sample.shape)
        self._earlier_picture = picture
        return Step(latent, latent if step == len(self.timesteps) - 1 else picture)


def _update(mixtures: Mixtures, step: int, first_order: bool, stochastic: bool) -> _Update:
    signal, noise, log_snr = float(mixtures.signal[step + 1]), mixtures.noise.astype(np.float64), mixtures.log_snr
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
