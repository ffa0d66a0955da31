"""Sigmas that are spread by a formula of their own, instead of those of evenly spaced timesteps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.beta_quantile import beta_quantile

_KARRAS, _EXPONENTIAL, _BETA = "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"
LU = "use_lu_lambdas"
"""The config field of a spread that only `DPMSolverMultistepScheduler` has."""
_RHO = 7.0
_BETA_SHAPE = 0.6


@dataclass(frozen=True, slots=True)
class SigmaSpread:
    """A formula, and the range of the sigmas.

    Attributes
    ----------
    kind : str
        The config field that selects it: "use_karras_sigmas", denser where there is little noise
        (https://arxiv.org/abs/2206.00364, formula 5); "use_exponential_sigmas", evenly spaced logarithms;
        "use_beta_sigmas", denser at both ends (https://arxiv.org/abs/2407.12173); or "use_lu_lambdas", like
        "use_exponential_sigmas" but for the timesteps (https://arxiv.org/abs/2206.00927).
    smallest, largest : float or None
        The ends of the range. None stands for the ends of the run's own sigmas.
    """

    kind: str = _KARRAS
    smallest: float | None = None
    largest: float | None = None

    @classmethod
    def from_config(cls, config: SchedulerConfig, *more: str) -> SigmaSpread | None:
        """Return the spread in a config, or None if all fields that select one are false.

        Parameters
        ----------
        config : SchedulerConfig
        *more : str
            Further fields that select a spread: `LU`.

        Raises
        ------
        ValueError
            If a field is not valid, or several select a spread.
        """
        chosen = [field for field in (_KARRAS, _EXPONENTIAL, _BETA, *more) if config.flag(field, False)]
        if len(chosen) > 1:
            raise config.error(chosen[1], f"and {chosen[0]} are true; set one of them to false")
        return cls(chosen[0], config.positive("sigma_min"), config.positive("sigma_max")) if chosen else None

    @property
    def is_rounded(self) -> bool:
        """Whether multistep solvers of diffusers round the timesteps. Of other spreads they cut the fraction off."""
        return self.kind in (_KARRAS, LU)

    def between(self, largest: float, smallest: float, count: int) -> NDArray[np.float64]:
        """Return `count` sigmas in descending order. The fields override the given ends."""
        start = largest if self.largest is None else self.largest
        end = smallest if self.smallest is None else self.smallest
        ramp = np.linspace(0, 1, count)
        if self.kind == _KARRAS:
            return np.asarray(_between(start ** (1 / _RHO), end ** (1 / _RHO), ramp) ** _RHO)
        if self.kind in (_EXPONENTIAL, LU):
            return np.asarray(np.exp(np.linspace(np.log(start), np.log(end), count)))
        return np.asarray(end + beta_quantile(1 - ramp, _BETA_SHAPE) * (start - end))


def _between(start: float, end: float, ramp: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(start + ramp * (end - start))


def timesteps_at(sigmas: NDArray[np.float64], training: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the timesteps of training with the noise of sigmas, not rounded.

    Parameters
    ----------
    sigmas : array of float64
        Numbers above 0.
    training : array of float32, shape (num_train_timesteps,)
        The sigma of each timestep of training.
    """
    return np.asarray(np.interp(np.log(sigmas), np.log(training), np.arange(len(training))))


def rounded_timesteps_at(sigmas: NDArray[np.float64], training: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the same, rounded, because exported UNets take integers only."""
    return np.rint(timesteps_at(sigmas, training)).astype(np.int64)
