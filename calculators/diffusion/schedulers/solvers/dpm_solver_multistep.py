"""DPM-Solver++, which uses the predictions of earlier steps: "DPM++ 2M", "DPM++ 3M" and their stochastic forms."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import (
    MultistepNoise,
    NoiseLevels,
    order_of_step,
)
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step
from graphframe.calculators.diffusion.schedulers.solvers.dpm_terms import DpmSolver, Update


@dataclass(frozen=True, slots=True)
class FinalSteps:
    """The config fields of the last steps.

    Attributes
    ----------
    lower_order_final : bool
        Whether the last two of fewer than 15 steps are of first and second order. The last always is if no noise
        remains after it.
    euler_at_final : bool
        Whether the last step is of first order, for any number of steps.
    """

    lower_order_final: bool
    euler_at_final: bool

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> FinalSteps:
        """Return the fields in a config. Raise ValueError for fields that are not valid."""
        return cls(config.flag("lower_order_final", True), config.flag("euler_at_final", False))

    def updates(
        self, solver: DpmSolver, levels: NoiseLevels, num_inference_steps: int, *, to_zero: bool
    ) -> list[Update]:
        """Return the update of each step of a run."""
        last = len(levels.timesteps) - 1
        orders = [
            order_of_step(step, last, num_inference_steps, solver.order, lower_order_final=self.lower_order_final)
            for step in range(last + 1)
        ]
        if to_zero or self.euler_at_final:
            orders[last] = 1
        return [_update(solver, levels, step, order) for step, order in enumerate(orders)]


class DPMSolverMultistepScheduler(MixedNoise):
    """DPM-Solver and DPM-Solver++, https://arxiv.org/abs/2211.01095, and their stochastic forms, as in diffusers.

    Parameters
    ----------
    noise : MultistepNoise
        The noise schedule.
    solver : DpmSolver
        The form of the solver.
    final : FinalSteps
        The config fields of the last steps.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        noise: MultistepNoise,
        solver: DpmSolver,
        final: FinalSteps,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        self._levels = noise.levels(num_inference_steps, strength, image_seq_len)
        super().__init__(self._levels.image_weights, self._levels.noise_weights)
        self.timesteps = self._levels.timesteps
        self._updates = final.updates(solver, self._levels, num_inference_steps, to_zero=noise.to_zero)
        self._solver = solver
        self._predictions: deque[NDArray[np.float32]] = deque(maxlen=solver.order)  # the latest first

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `thresholding` must be false. See also `DpmSolver.from_config`.
        """
        noise, solver = MultistepNoise.from_config(config, has_lu=True), DpmSolver.from_config(config)
        return partial(cls, noise, solver, FinalSteps.from_config(config))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step, with noise if the solver is stochastic; see `Scheduler.step`."""
        self._predictions.appendleft(self._solver.prediction(self._levels, model_output, step, sample))
        latent = self._updates[step].applied(sample, self._predictions, randn)
        if step == len(self.timesteps) - 1:
            return Step(latent, latent)
        shown = self._predictions[0] if self._solver.predicts_image else self._levels.image(model_output, step, sample)
        return Step(latent, shown)


def _update(solver: DpmSolver, levels: NoiseLevels, step: int, order: int) -> Update:
    terms = solver.terms(levels, step, step + 1)
    if order == 1:
        return Update.of(terms.sample, (terms.value,), terms.noise)
    log_snr = levels.log_snr
    width, before = float(log_snr[step + 1] - log_snr[step]), float(log_snr[step] - log_snr[step - 1])
    if order == 2:
        lever = solver.slope(terms) * width / before
        return Update.of(terms.sample, (terms.value + lever, -lever), terms.noise)
    earlier = float(log_snr[step - 1] - log_snr[step - 2])
    bend = (terms.slope * before + terms.bend * width) / (before + earlier)  # the factor of the change of slopes
    near, far = (terms.slope + bend) * width / before, -bend * width / earlier
    return Update.of(terms.sample, (terms.value + near, far - near, -far), terms.noise)
