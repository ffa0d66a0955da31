"""DPM-Solver++ in blocks of steps, each of which starts again: "DPM++ 2S"."""

from __future__ import annotations

from collections import deque
from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import MultistepNoise, NoiseLevels
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step
from graphframe.calculators.diffusion.schedulers.solvers.dpm_terms import DpmSolver, Update


class DPMSolverSinglestepScheduler(MixedNoise):
    """DPM-Solver++(2S) and others, https://arxiv.org/abs/2211.01095, algorithm 1, as in diffusers.

    A block has as many steps as the solver's order. They all start where its first step does, and use the predictions
    of the block.

    Parameters
    ----------
    noise : MultistepNoise
        The noise schedule.
    solver : DpmSolver
        The form of the solver.
    lower_order_final : bool
        Whether the last block is divided into steps of lower order.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        noise: MultistepNoise,
        solver: DpmSolver,
        lower_order_final: bool,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        self._levels = noise.levels(num_inference_steps, strength, image_seq_len)
        super().__init__(self._levels.image_weights, self._levels.noise_weights)
        self.timesteps = self._levels.timesteps
        orders = _orders(num_inference_steps, solver.order, lower_order_final or noise.to_zero)
        if noise.to_zero:
            orders[-1] = 1
        taken = orders[-len(self.timesteps) :]
        self._orders = [min(order, step + 1) for step, order in enumerate(taken)]
        self._updates = [_update(solver, self._levels, step, order) for step, order in enumerate(self._orders)]
        self._solver = solver
        self._predictions: deque[NDArray[np.float32]] = deque(maxlen=solver.order)  # the latest first
        self._start: NDArray[np.float32] = np.empty(0, np.float32)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `thresholding` must be false. See also `DpmSolver.from_config`.
        """
        noise = MultistepNoise.from_config(config, spacing="linspace")
        solver = DpmSolver.from_config(config, "dpmsolver++", "sde-dpmsolver++", "dpmsolver")
        return partial(cls, noise, solver, config.flag("lower_order_final", False))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step, with noise if the solver is stochastic; see `Scheduler.step`."""
        self._predictions.appendleft(self._solver.prediction(self._levels, model_output, step, sample))
        if self._orders[step] == 1:
            self._start = sample.copy()
        latent = self._updates[step].applied(self._start, self._predictions, randn)
        if step == len(self.timesteps) - 1:
            return Step(latent, latent)
        shown = self._predictions[0] if self._solver.predicts_image else self._levels.image(model_output, step, sample)
        return Step(latent, shown)


def _orders(steps: int, order: int, lower_order_final: bool) -> list[int]:
    """Return the order of each step of a run."""
    block = list(range(1, order + 1))
    blocks, left = divmod(steps, order)
    if left:
        return block * blocks + block[:left]
    if not lower_order_final or order == 1:
        return block * blocks
    return block * (blocks - 1) + (block[:-1] + [1])


def _update(solver: DpmSolver, levels: NoiseLevels, step: int, order: int) -> Update:
    start = step - order + 1
    terms = solver.terms(levels, start, step + 1)
    if order == 1:
        return Update.of(terms.sample, (terms.value,), terms.noise)
    log_snr = levels.log_snr
    width = float(log_snr[step + 1] - log_snr[start])
    newest = float(log_snr[step] - log_snr[start]) / width
    if order == 2:
        lever = solver.slope(terms) / newest
        return Update.of(terms.sample, (lever, terms.value - lever), terms.noise)
    if solver.midpoint:
        lever = terms.slope / newest
        return Update.of(terms.sample, (lever, 0.0, terms.value - lever), terms.noise)
    middle = float(log_snr[step - 1] - log_snr[start]) / width
    apart = newest - middle
    near = (2 * terms.bend - terms.slope * middle) / apart / newest
    far = (terms.slope * newest - 2 * terms.bend) / apart / middle
    return Update.of(terms.sample, (near, far, terms.value - near - far), terms.noise)
