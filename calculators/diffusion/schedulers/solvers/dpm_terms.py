"""The terms of a step of DPM-Solver and DPM-Solver++, https://arxiv.org/abs/2211.01095, in all forms of diffusers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import NoiseLevels
from graphframe.calculators.diffusion.schedulers.scheduler import Randn

_ALGORITHMS = ("dpmsolver++", "sde-dpmsolver++", "dpmsolver", "sde-dpmsolver")


class Terms(NamedTuple):
    """The factors of what adds up to the sample after a step.

    Attributes
    ----------
    sample : float
        The factor of the sample at the start of the step.
    value, middle, slope, bend : float
        The factors of the prediction there; of its slope by the midpoint method and by Heun's; and of its second
        derivative. Derivatives are in units of the step's width.
    noise : float
        The factor of new noise.
    """

    sample: float
    value: float
    middle: float
    slope: float
    bend: float
    noise: float


@dataclass(frozen=True, slots=True)
class DpmSolver:
    """The form of the solver.

    Attributes
    ----------
    order : int
        1, 2 or 3.
    predicts_image : bool
        Whether it steps with the image that the model predicts ("dpmsolver++"), or with the noise ("dpmsolver").
    stochastic : bool
        Whether each step removes more noise than necessary and adds new noise ("sde-...").
    midpoint : bool
        Whether its second order is the midpoint method, or Heun's.
    """

    order: int
    predicts_image: bool
    stochastic: bool
    midpoint: bool

    @classmethod
    def from_config(cls, config: SchedulerConfig, *algorithms: str) -> DpmSolver:
        """Return the form in a config.

        Parameters
        ----------
        config : SchedulerConfig
        *algorithms : str
            The types that the scheduler supports; by default all.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: "dpmsolver" and "sde-dpmsolver" need `final_sigmas_type`
            "sigma_min", "sde-dpmsolver" has no third order, and `variance_type` must be missing or fixed.
        """
        # NOTE: diffusers reads it as the number of an image's channels, 3, so that latents of 4 do not run there.
        if (learned := config.text("variance_type", "fixed")).startswith("learned"):
            raise config.error("variance_type", f"is {learned!r}, which is not supported for latents; set it to null")
        order = config.integer("solver_order", 2, minimum=1)
        if order > 3:
            raise config.error("solver_order", f"must be 1, 2 or 3, not {order}")
        algorithm = config.choice("algorithm_type", "dpmsolver++", *(algorithms or _ALGORITHMS), "deis")
        # NOTE: as in diffusers, the types of other solvers are accepted, and mean this solver's own type. A scheduler
        # can then use the config of another.
        solver_type = config.choice("solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2")
        predicts_image = algorithm in ("dpmsolver++", "sde-dpmsolver++", "deis")
        if not predicts_image and config.text("final_sigmas_type", "zero") == "zero":
            raise config.error("final_sigmas_type", f'must be "sigma_min" with the algorithm_type {algorithm}')
        if order == 3 and algorithm == "sde-dpmsolver":
            raise config.error("solver_order", "is 3, which sde-dpmsolver does not have; use 1 or 2")
        return cls(order, predicts_image, algorithm.startswith("sde-"), solver_type != "heun")

    def prediction(
        self, levels: NoiseLevels, output: NDArray[np.float32], step: int, sample: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the image or the noise that the model predicts, as a new array."""
        predicted = levels.image if self.predicts_image else levels.noise
        return predicted(output, step, sample)

    def terms(self, levels: NoiseLevels, start: int, end: int) -> Terms:
        """Return the terms of a step from one index of the levels to another."""
        width = float(levels.log_snr[end] - levels.log_snr[start])
        signal, noise = float(levels.image_weights[end]), float(levels.noise_weights[end])
        if width == 0:
            return Terms(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        if self.predicts_image:
            return self._with_image(width, signal, noise, float(levels.noise_weights[start]))
        kept = signal / float(levels.image_weights[start])
        growth = math.expm1(width)
        fresh = noise * math.sqrt(math.expm1(2 * width)) if self.stochastic else 0.0
        noise *= -2.0 if self.stochastic else -1.0
        slope, bend = growth / width - 1, (growth - width) / width**2 - 0.5
        return Terms(kept, noise * growth, noise * growth / 2, noise * slope, noise * bend, fresh)

    def _with_image(self, width: float, signal: float, noise: float, noise_before: float) -> Terms:
        if math.isinf(width):
            return Terms(0.0, signal, 0.0, 0.0, 0.0, 0.0)
        kept = noise / noise_before
        if self.stochastic:
            kept *= math.exp(-width)
            width *= 2
        shrinkage = -math.expm1(-width)
        # NOTE: diffusers subtracts the half in the stochastic form.
        bend = (shrinkage - width) / width**2 + (-0.5 if self.stochastic else 0.5)
        fresh = noise * math.sqrt(shrinkage) if self.stochastic else 0.0
        value, slope = signal * shrinkage, signal * (1 - shrinkage / width)
        return Terms(kept, value, value / 2, slope, signal * bend, fresh)

    def slope(self, terms: Terms) -> float:
        """Return the factor of the slope in a step of second order."""
        return terms.middle if self.midpoint else terms.slope


class Update(NamedTuple):
    """The factors of a sample, of the latest predictions (newest first), and of new noise."""

    sample: np.float32
    predictions: tuple[np.float32, ...]
    noise: np.float32

    @classmethod
    def of(cls, sample: float, predictions: tuple[float, ...], noise: float = 0.0) -> Update:
        """Return it with factors in float32."""
        return cls(np.float32(sample), tuple(map(np.float32, predictions)), np.float32(noise))

    def applied(
        self, sample: NDArray[np.float32], predictions: Iterable[NDArray[np.float32]], randn: Randn
    ) -> NDArray[np.float32]:
        """Return the sample after the step. Draw noise if it has a factor."""
        latent = self.sample * sample
        for factor, prediction in zip(self.predictions, predictions, strict=False):
            latent += factor * prediction
        if self.noise:
            latent += self.noise * randn(sample.shape)
        return latent
