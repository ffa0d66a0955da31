"""Karras sigmas, which are denser where there is little noise, https://arxiv.org/abs/2206.00364, formula 5."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig

_RHO = 7.0


@dataclass(frozen=True, slots=True)
class KarrasSigmas:
    """The range of the sigmas.

    Attributes
    ----------
    smallest, largest : float or None
        The ends of the range. None stands for the ends of the run's own sigmas.
    """

    smallest: float | None
    largest: float | None

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> KarrasSigmas | None:
        """Return the range in a config, or None if `use_karras_sigmas` is false.

        Raises
        ------
        ValueError
            If a field is not valid, or `use_exponential_sigmas` or `use_beta_sigmas` is true.
        """
        for field in ("use_exponential_sigmas", "use_beta_sigmas"):
            config.must_be(field, False)
        if not config.flag("use_karras_sigmas", False):
            return None
        return cls(config.positive("sigma_min"), config.positive("sigma_max"))

    def between(self, largest: float, smallest: float, count: int) -> NDArray[np.float64]:
        """Return `count` sigmas in descending order. The fields override the given ends."""
        start = (largest if self.largest is None else self.largest) ** (1 / _RHO)
        end = (smallest if self.smallest is None else self.smallest) ** (1 / _RHO)
        return np.asarray((start + np.linspace(0, 1, count) * (end - start)) ** _RHO)


def timesteps_at(sigmas: NDArray[np.float64], training: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the timesteps of training whose noise is nearest to sigmas, rounded, because UNets take integers only.

    Parameters
    ----------
    sigmas : array of float64
        Numbers above 0.
    training : array of float32, shape (num_train_timesteps,)
        The sigma of each timestep of training.
    """
    return np.rint(np.interp(np.log(sigmas), np.log(training), np.arange(len(training)))).astype(np.int64)
