"""DEIS, which integrates a polynomial through the noise that the model predicted at earlier steps."""

from __future__ import annotations

from collections import deque
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
from graphframe.calculators.diffusion.schedulers.solvers.dpm_terms import Update


class DEISMultistepScheduler(MixedNoise):
    """Diffusion exponential integrators, https://arxiv.org/abs/2204.13902, with polynomials in log rho.

    It does the same as in diffusers. Rho is the noise relative to the image.

    Parameters
    ----------
    noise : MultistepNoise
        The noise schedule.
    order : int
        The number of predictions, 1 to 3.
    lower_order_final : bool
        Whether the last two of fewer than 15 steps are of first and second order.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        noise: MultistepNoise,
        order: int,
        lower_order_final: bool,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        self._levels = noise.levels(num_inference_steps, strength, image_seq_len)
        super().__init__(self._levels.image_weights, self._levels.noise_weights)
        self.timesteps = self._levels.timesteps
        last = len(self.timesteps) - 1
        self._updates = [
            _update(
                self._levels,
                step,
                order_of_step(step, last, num_inference_steps, order, lower_order_final=lower_order_final),
            )
            for step in range(last + 1)
        ]
        self._predictions: deque[NDArray[np.float32]] = deque(maxlen=order)  # the latest first

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `thresholding` must be false, `solver_order` 1, 2 or 3.
        """
        order = config.integer("solver_order", 2, minimum=1)
        if order > 3:
            raise config.error("solver_order", f"must be 1, 2 or 3, not {order}")
        config.choice("algorithm_type", "deis", "deis", "dpmsolver", "dpmsolver++")
        config.choice("solver_type", "logrho", "logrho", "midpoint", "heun", "bh1", "bh2")
        noise = MultistepNoise.from_config(config, repeats_spread=True, can_end_at_zero=False)
        return partial(cls, noise, order, config.flag("lower_order_final", True))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step without noise; see `Scheduler.step`."""
        self._predictions.appendleft(self._levels.noise(model_output, step, sample))
        latent = self._updates[step].applied(sample, self._predictions, randn)
        last = step == len(self.timesteps) - 1
        return Step(latent, latent if last else self._levels.image(model_output, step, sample))


def _update(levels: NoiseLevels, step: int, order: int) -> Update:
    signal = float(levels.image_weights[step + 1])
    kept = signal / float(levels.image_weights[step])
    logs = -levels.log_snr  # of rho
    nodes = [float(logs[step - index]) for index in range(order)]
    integrals = _integrals(float(logs[step]), float(logs[step + 1]), nodes)
    return Update.of(kept, tuple(signal * each for each in integrals))


def _integrals(start: float, end: float, nodes: list[float]) -> list[float]:
    """Return the integral over rho of each Lagrange polynomial in log rho, between two values of log rho."""
    found = []
    for index, node in enumerate(nodes):
        others = nodes[:index] + nodes[index + 1 :]
        polynomial = np.poly1d(others, r=True) / np.prod([node - other for other in others])
        found.append(_antiderivative(polynomial, end) - _antiderivative(polynomial, start))
    return found


def _antiderivative(polynomial: np.poly1d, log: float) -> float:
    """Return the antiderivative of p(log x) at x: x (p - p' + p'' - ...)."""
    total, sign = 0.0, 1.0
    for _ in range(len(polynomial.coeffs)):
        total += sign * float(polynomial(log))
        polynomial, sign = polynomial.deriv(), -sign
    return float(np.exp(log)) * total
