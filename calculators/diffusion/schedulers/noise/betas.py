"""The betas of training and their cumulative products, in openvino_genai's float32 arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig

_COSINE = "squaredcos_cap_v2"


@dataclass(frozen=True, slots=True)
class BetaRange:
    """The betas, which are the variances of the noise that each timestep of training adds.

    Attributes
    ----------
    schedule : str
        "linear"; "scaled_linear", whose square root is linear; or "squaredcos_cap_v2", whose cumulative product is a
        squared cosine.
    start, end : float32
        The first and the last beta.
    count : int
        The number of timesteps in training.
    trained : array of float32, shape (count,), or None
        Betas that replace the other fields.
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
        """Return the betas in a config, with a scheduler's defaults. Raise ValueError for fields that are not valid."""
        count = config.integer("num_train_timesteps", 1000, minimum=1)
        trained = config.numbers("trained_betas")
        if trained is not None and len(trained) != count:
            raise config.error("trained_betas", f"has {len(trained)} numbers, but num_train_timesteps is {count}")
        return cls(
            schedule=config.choice("beta_schedule", schedule, "linear", "scaled_linear", _COSINE),
            start=config.number("beta_start", start),
            end=config.number("beta_end", end),
            count=count,
            trained=trained,
        )

    def betas(self) -> NDArray[np.float32]:
        """Return the betas, float32, shape (count,).

        As in openvino_genai and unlike in diffusers, the last one is a step less than `end`.
        """
        if self.trained is not None:
            return self.trained
        if self.schedule == _COSINE:
            return _cosine(self.count)
        if self.schedule == "linear":
            return _spread(self.start, self.end, self.count)
        roots = _spread(np.sqrt(self.start), np.sqrt(self.end), self.count)
        return roots * roots

    def diffusers_betas(self) -> NDArray[np.float32]:
        """Return the betas as in diffusers, where the last one is `end`."""
        if self.trained is not None:
            return self.trained
        if self.schedule == _COSINE:
            return _cosine(self.count)
        if self.schedule == "linear":
            return np.linspace(float(self.start), float(self.end), self.count).astype(np.float32)
        roots = np.linspace(float(self.start) ** 0.5, float(self.end) ** 0.5, self.count).astype(np.float32)
        return roots * roots


def _cosine(count: int) -> NDArray[np.float32]:
    products = np.cos((np.arange(count + 1) / count + 0.008) / 1.008 * np.pi / 2) ** 2
    return np.asarray(np.minimum(1 - products[1:] / products[:-1], 0.999), np.float32)


def _spread(start: np.float32, end: np.float32, count: int) -> NDArray[np.float32]:
    return start + (end - start) / np.float32(count) * np.arange(count, dtype=np.float32)


def cumulative_alphas(betas: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cumulative products of 1 - beta, the variance of the image in the sample at each timestep."""
    return np.multiply.accumulate(1 - betas)


def diffusers_cumulative_alphas(betas: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the same as `cumulative_alphas`, multiplied in float64, as in diffusers."""
    return np.multiply.accumulate((1 - betas).astype(np.float64)).astype(np.float32)


def with_zero_terminal_snr(
    betas: NDArray[np.float32], cumulate: Callable[[NDArray[np.float32]], NDArray[np.float32]] = cumulative_alphas
) -> NDArray[np.float32]:
    """Return the betas, rescaled so that the last timestep is pure noise.

    Algorithm 1 of https://arxiv.org/abs/2305.08891.
    """
    roots = np.sqrt(cumulate(betas))
    first, last = roots[0], roots[-1]
    roots = (roots - last) * (first / (first - last))
    products = roots * roots
    return 1 - np.concatenate((products[:1], products[1:] / products[:-1]))


@dataclass(frozen=True, slots=True)
class AlphasCumprod:
    """The cumulative products at each timestep, and at negative timesteps, to which the last step goes.

    Attributes
    ----------
    values : array of float32, shape (num_train_timesteps,)
        The products at timesteps from 0 on.
    final : float32
        The product at negative timesteps.
    """

    values: NDArray[np.float32]
    final: np.float32

    @classmethod
    def from_betas(cls, betas: NDArray[np.float32], *, set_alpha_to_one: bool) -> AlphasCumprod:
        """Return the products of betas. `final` is 1 or the product at timestep 0."""
        values = cumulative_alphas(betas)
        return cls(values, np.float32(1) if set_alpha_to_one else values[0])

    def at(self, timestep: int) -> np.float32:
        """Return the product at a timestep, which may be negative."""
        return self.values[timestep] if timestep >= 0 else self.final

    def weights(self, timesteps: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the weights of the image and of the noise in the samples at timesteps."""
        alphas = self.values[timesteps]
        # NOTE: openvino_genai computes the root for the noise in float64, and only here.
        return np.sqrt(alphas), np.sqrt(1 - alphas.astype(np.float64)).astype(np.float32)
