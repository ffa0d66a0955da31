"""UniPC, of which each step first corrects the result of the step before."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import MultistepNoise, NoiseLevels
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step
from graphframe.calculators.diffusion.schedulers.solvers.dpm_terms import Update


@dataclass(frozen=True, slots=True)
class UniPC:
    """The form of the solver.

    Attributes
    ----------
    order : int
        The number of predictions, 1 or more.
    lower_order_final : bool
        Whether the order falls to 1 in the last steps.
    predicts_image : bool
        Whether it steps with the image that the model predicts, or with the noise.
    is_bh1 : bool
        Whether B(h) is h ("bh1"), or e^h - 1 ("bh2").
    not_corrected : tuple of int
        The indices of steps whose result is not corrected.
    """

    order: int
    lower_order_final: bool
    predicts_image: bool
    is_bh1: bool
    not_corrected: tuple[int, ...]

    @classmethod
    def from_config(cls, config: SchedulerConfig, *, to_zero: bool) -> UniPC:
        """Return the form in a config. Raise ValueError for fields that are not valid or do not fit `to_zero`."""
        # NOTE: as in diffusers, the types of other solvers are accepted, and mean this solver's own type. A scheduler
        # can then use the config of another.
        solver_type = config.choice("solver_type", "bh2", "bh2", "bh1", "midpoint", "heun", "logrho")
        lower_order_final, predicts_image = config.flag("lower_order_final", True), config.flag("predict_x0", True)
        for field, value in (("lower_order_final", lower_order_final), ("predict_x0", predicts_image)):
            if to_zero and not value:
                raise config.error(field, 'is false, which needs final_sigmas_type "sigma_min"')
        return cls(
            config.integer("solver_order", 2, minimum=1),
            lower_order_final,
            predicts_image,
            solver_type == "bh1",
            tuple(map(int, () if (steps := config.numbers("disable_corrector")) is None else steps)),
        )

    def order_of(self, step: int, last: int) -> int:
        """Return the order of a step."""
        return min(self.order, step + 1, last - step + 1 if self.lower_order_final else self.order)

    def update(self, levels: NoiseLevels, step: int, order: int, *, corrects: bool) -> Update:
        """Return the update for the sample after a step.

        Its predictions are those of the step and of earlier ones; to correct, that of the step after it comes first.
        """
        log_snr = levels.log_snr.tolist()
        width = log_snr[step + 1] - log_snr[step]
        signal, noise = float(levels.image_weights[step + 1]), float(levels.noise_weights[step + 1])
        if self.predicts_image:
            kept, factor, signed = noise / float(levels.noise_weights[step]), signal, -width
        else:
            kept, factor, signed = signal / float(levels.image_weights[step]), noise, width
        ratios = [(log_snr[step - each] - log_snr[step]) / width for each in range(1, order)]
        growth = math.expm1(signed)
        weights = self._weights([*ratios, 1.0] if corrects else ratios, signed)
        scale = factor * (signed if self.is_bh1 else growth) if weights else 0.0
        slopes = [-scale * weight / ratio for weight, ratio in zip(weights, [*ratios, 1.0], strict=False)]
        factors = [-factor * growth - sum(slopes), *slopes]
        return Update.of(kept, (factors[-1], *factors[:-1]) if corrects else tuple(factors))

    def _weights(self, ratios: list[float], signed: float) -> list[float]:
        """Return the weights of the slopes to points, which are at `ratios` of the step."""
        if len(ratios) <= 1:
            return [0.5] * len(ratios)
        b, phi, factorial = [], math.expm1(signed) / signed - 1, 1
        for index in range(len(ratios)):
            b.append(phi * factorial / (signed if self.is_bh1 else math.expm1(signed)))
            factorial *= index + 2
            phi = phi / signed - 1 / factorial
        powers = [[ratio**index for ratio in ratios] for index in range(len(ratios))]
        return [float(each) for each in np.linalg.solve(np.array(powers), np.array(b))]


class UniPCMultistepScheduler(MixedNoise):
    """Unified predictor-corrector, https://arxiv.org/abs/2302.04867, as in diffusers.

    Parameters
    ----------
    noise : MultistepNoise
        The noise schedule.
    solver : UniPC
        The form of the solver.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        noise: MultistepNoise,
        solver: UniPC,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        self._levels = noise.levels(num_inference_steps, strength, image_seq_len)
        super().__init__(self._levels.image_weights, self._levels.noise_weights)
        self.timesteps = self._levels.timesteps
        last = len(self.timesteps) - 1
        skipped = num_inference_steps - last - 1
        orders = [solver.order_of(step, last) for step in range(last + 1)]
        self._predicting = [
            solver.update(self._levels, step, order, corrects=False) for step, order in enumerate(orders)
        ]
        self._correcting = [
            None if step + skipped in solver.not_corrected else solver.update(self._levels, step, order, corrects=True)
            for step, order in enumerate(orders[:-1])
        ]
        self._solver = solver
        self._predictions: deque[NDArray[np.float32]] = deque(maxlen=solver.order + 1)  # the latest first
        self._sample: NDArray[np.float32] = np.empty(0, np.float32)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `thresholding` must be false, and `lower_order_final` and
            `predict_x0` true unless `final_sigmas_type` is "sigma_min".
        """
        noise = MultistepNoise.from_config(config, repeats_spread=True, from_one=True)
        return partial(cls, noise, UniPC.from_config(config, to_zero=noise.to_zero))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step without noise; see `Scheduler.step`."""
        predicted = self._levels.image if self._solver.predicts_image else self._levels.noise
        self._predictions.appendleft(predicted(model_output, step, sample))
        correcting = self._correcting[step - 1] if step else None
        if correcting is not None:
            self._sample = correcting.applied(self._sample, self._predictions, randn)
        else:
            self._sample = sample.copy()
        latent = self._predicting[step].applied(self._sample, self._predictions, randn)
        if step == len(self.timesteps) - 1:
            return Step(latent, latent)
        image = self._predictions[0] if self._solver.predicts_image else self._levels.image(model_output, step, sample)
        return Step(latent, image)
