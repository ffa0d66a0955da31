"""Sigmas that are closer to each other where there is little noise (https://arxiv.org/abs/2206.00364, formula 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig

_RHO = 7.0


@dataclass(frozen=True, slots=True)
class KarrasSigmas:
    """The fields that say how they are spread.

    Attributes
    ----------
    smallest, largest
        The ends; None for those that the run would have without them.
    """

    smallest: float | None
    largest: float | None

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> KarrasSigmas | None:
        """Read the fields; None if they are not wanted.

        Raises
        ------
        ValueError
            If a field is wrong, or `use_exponential_sigmas` or `use_beta_sigmas` is true.
        """
        for field in ("use_exponential_sigmas", "use_beta_sigmas"):
            config.must_be(field, False)
        if not config.flag("use_karras_sigmas", False):
            return None
        return cls(config.positive("sigma_min"), config.positive("sigma_max"))

    def between(self, largest: float, smallest: float, count: int) -> NDArray[np.float64]:
        """Return `count` sigmas, from the largest down, where those given are the ends unless the fields set them."""
        start = (largest if self.largest is None else self.largest) ** (1 / _RHO)
        end = (smallest if self.smallest is None else self.smallest) ** (1 / _RHO)
        return np.asarray((start + np.linspace(0, 1, count) * (end - start)) ** _RHO)


def timesteps_at(sigmas: NDArray[np.float64], training: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the timesteps of training that have about as much noise, whole ones since UNets here take no others.

    Parameters
    ----------
    sigmas
        Any numbers above 0.
    training
        float32, shape (num_train_timesteps,): the noise at each timestep of training.
    """
    return np.rint(np.interp(np.log(sigmas), np.log(training), np.arange(len(training)))).astype(np.int64)
