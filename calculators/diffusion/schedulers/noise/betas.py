"""How much of the picture is left at each timestep of training, in openvino_genai's float32 arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig


@dataclass(frozen=True, slots=True)
class BetaRange:
    """The fields that say how the betas, the noise added at each timestep of training, rise.

    Attributes
    ----------
    schedule
        "linear", or "scaled_linear": linear in the square root.
    start, end
        The first and the last beta.
    count
        Number of timesteps in training.
    trained
        float32, shape (count,): the betas themselves, to use instead of all others; or None.
    """

    schedule: str
    start: np.float32
    end: np.float32
    count: int
    trained: NDArray[np.float32] | None = None

    @classmethod
    def from_config(
        cls, config: SchedulerConfig, *, schedule: str = "linear", start: float = 0.0001, end: float = 0.02
    ) -> BetaRange:
        """Read the fields, with the defaults of a scheduler. Raises ValueError for what they cannot be."""
        count = config.integer("num_train_timesteps", 1000, minimum=1)
        trained = config.numbers("trained_betas")
        if trained is not None and len(trained) != count:
            raise config.error("trained_betas", f"has {len(trained)} numbers, but num_train_timesteps is {count}")
        return cls(
            schedule=config.choice("beta_schedule", schedule, "linear", "scaled_linear"),
            start=config.number("beta_start", start),
            end=config.number("beta_end", end),
            count=count,
            trained=trained,
        )

    def betas(self) -> NDArray[np.float32]:
        """Return the betas, float32, shape (count,).

        As in openvino_genai, and unlike in diffusers, the last is one step short of `end`.
        """
        if self.trained is not None:
            return self.trained
        if self.schedule == "linear":
            return _spread(self.start, self.end, self.count)
        roots = _spread(np.sqrt(self.start), np.sqrt(self.end), self.count)
        return roots * roots

    def betas_to_the_end(self) -> NDArray[np.float32]:
        """Return the betas as diffusers has them: the last is `end`."""
        if self.trained is not None:
            return self.trained
        if self.schedule == "linear":
            return np.linspace(float(self.start), float(self.end), self.count).astype(np.float32)
        roots = np.linspace(float(self.start) ** 0.5, float(self.end) ** 0.5, self.count).astype(np.float32)
        return roots * roots


def _spread(start: np.float32, end: np.float32, count: int) -> NDArray[np.float32]:
    return start + (end - start) / np.float32(count) * np.arange(count, dtype=np.float32)


def cumulative_alphas(betas: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the running products of 1 - beta: the part of the variance that is the picture's at each timestep."""
    return np.multiply.accumulate(1 - betas)


def exact_cumulative_alphas(betas: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the same as `cumulative_alphas`, multiplied in float64, as diffusers does."""
    return np.multiply.accumulate((1 - betas).astype(np.float64)).astype(np.float32)


def with_zero_terminal_snr(
    betas: NDArray[np.float32], cumulate: Callable[[NDArray[np.float32]], NDArray[np.float32]] = cumulative_alphas
) -> NDArray[np.float32]:
    """Return the betas rescaled so that nothing of the picture is left at the last timestep.

    Algorithm 1 of https://arxiv.org/abs/2305.08891.
    """
    roots = np.sqrt(cumulate(betas))
    first, last = roots[0], roots[-1]
    roots = (roots - last) * (first / (first - last))
    products = roots * roots
    return 1 - np.concatenate((products[:1], products[1:] / products[:-1]))


@dataclass(frozen=True, slots=True)
class AlphasCumprod:
    """The running products by timestep, going on below timestep 0, where the last step arrives.

    Attributes
    ----------
    values
        float32, shape (num_train_timesteps,).
    final
        The one at negative timesteps.
    """

    values: NDArray[np.float32]
    final: np.float32

    @classmethod
    def from_betas(cls, betas: NDArray[np.float32], *, set_alpha_to_one: bool) -> AlphasCumprod:
        """Compute the products; the one below timestep 0 is 1 or that at timestep 0."""
        values = cumulative_alphas(betas)
        return cls(values, np.float32(1) if set_alpha_to_one else values[0])

    def at(self, timestep: int) -> np.float32:
        """Return the product at a timestep, which may be negative."""
        return self.values[timestep] if timestep >= 0 else self.final

    def mix(self, sample: NDArray[np.float32], noise: NDArray[np.float32], timestep: int) -> NDArray[np.float32]:
        """Return a picture with as much noise as there is at a timestep."""
        alpha = self.values[timestep]
        # NOTE: openvino_genai takes the noise's root in float64, and only here.
        noisy: NDArray[np.float32] = np.sqrt(alpha) * sample + np.float32(math.sqrt(1 - float(alpha))) * noise
        return noisy
