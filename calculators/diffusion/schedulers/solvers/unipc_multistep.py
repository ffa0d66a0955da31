"""UniPC of second order: each step first corrects the result of the step before."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import MultistepNoise, NoiseLevels
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class _Factors(NamedTuple):
    """The factors of the terms that add up to a sample.

    The terms are the sample at the step before, the images predicted there and one step earlier, and, in a correction,
    the image predicted at the sample itself.
    """

    sample: np.float32
    image: np.float32
    earlier: np.float32
    newest: np.float32


class UniPCMultistepScheduler(MixedNoise):
    """Unified predictor-corrector of second order, https://arxiv.org/abs/2302.04867, with B2(h) = e^h - 1.

    It does the same as in diffusers. The first and the last step are of first order.

    Parameters
    ----------
    noise : MultistepNoise
        The noise schedule.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self, noise: MultistepNoise, num_inference_steps: int, strength: float = 1.0, image_seq_len: int | None = None
    ) -> None:
        self._levels = noise.levels(num_inference_steps, strength)
        super().__init__(self._levels.image_weights, self._levels.noise_weights)
        self.timesteps: NDArray[np.int64] = self._levels.timesteps
        self._last = len(self.timesteps) - 1
        orders = [1 if step in (0, self._last) else 2 for step in range(self._last + 1)]
        self._predictions = [_prediction(self._levels, step, order) for step, order in enumerate(orders)]
        self._corrections = [_correction(self._levels, step, order) for step, order in enumerate(orders[:-1])]
        nothing = np.zeros((), np.float32)
        # The sample of the step before, its image, and the image one step earlier.
        self._sample: NDArray[np.float32] = nothing
        self._image: NDArray[np.float32] = nothing
        self._earlier_image: NDArray[np.float32] = nothing

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `solver_order` must be 2, `solver_type` "bh2",
            `predict_x0` and `lower_order_final` true, `disable_corrector` empty, `thresholding`, `use_flow_sigmas`,
            `use_exponential_sigmas` and `use_beta_sigmas` false.
        """
        config.must_be("solver_order", 2, default=2)
        # NOTE: as in diffusers, the types of other solvers are accepted, and mean this solver's own type. A scheduler
        # can then use the config of another.
        config.choice("solver_type", "bh2", "bh2", "midpoint", "heun", "logrho")
        config.must_be("predict_x0", True, default=True)
        config.must_be("lower_order_final", True, default=True)
        if config.numbers("disable_corrector") is not None:
            raise config.error("disable_corrector", "is not empty, which is not supported; remove it")
        return partial(cls, MultistepNoise.from_config(config))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step without noise; see `Scheduler.step`."""
        image = self._levels.image(model_output, step, sample)
        if step:
            sample = self._combined(self._corrections[step - 1]) + self._corrections[step - 1].newest * image
        else:
            sample = sample.copy()
        self._sample, self._earlier_image, self._image = sample, self._image, image
        latent = self._combined(self._predictions[step])
        return Step(latent, latent if step == self._last else image)

    def _combined(self, factors: _Factors) -> NDArray[np.float32]:
        """Return the sum of all terms except that of the newest image."""
        combined = factors.sample * self._sample + factors.image * self._image
        if factors.earlier:
            combined += factors.earlier * self._earlier_image
        return combined


def _prediction(levels: NoiseLevels, step: int, order: int) -> _Factors:
    """Return the factors for the prediction of the sample after a step."""
    kept, seen = _exponential(levels, step)
    if order == 1:
        return _Factors(kept, np.float32(seen), np.float32(0), np.float32(0))
    slope = 0.5 * seen / _ratio(levels, step)
    return _Factors(kept, np.float32(seen - slope), np.float32(slope), np.float32(0))


def _correction(levels: NoiseLevels, step: int, order: int) -> _Factors:
    """Return the factors for its correction."""
    kept, seen = _exponential(levels, step)
    if order == 1:
        return _Factors(kept, np.float32(0.5 * seen), np.float32(0), np.float32(0.5 * seen))
    width = float(levels.log_snr[step + 1] - levels.log_snr[step])
    ratio = _ratio(levels, step)
    # The weights of the slopes on both sides. They are exact for images that are quadratic in log_snr.
    phi = math.expm1(-width)
    first = (phi / -width - 1) / phi
    second = 2 * ((phi / -width - 1) / -width - 0.5) / phi
    back = (second - first) / (ratio - 1)
    ahead = first - back
    slope = seen * back / ratio
    return _Factors(kept, np.float32(seen - slope - seen * ahead), np.float32(slope), np.float32(seen * ahead))


def _exponential(levels: NoiseLevels, step: int) -> tuple[np.float32, float]:
    """Return the factors of the sample and of the image in a step of first order."""
    width = float(levels.log_snr[step + 1] - levels.log_snr[step])
    kept = levels.noise_weights[step + 1] / levels.noise_weights[step]
    return kept, -float(levels.image_weights[step + 1]) * math.expm1(-width)


def _ratio(levels: NoiseLevels, step: int) -> float:
    """Return the negative width of the step before, relative to this step."""
    log_snr = levels.log_snr
    return float((log_snr[step - 1] - log_snr[step]) / (log_snr[step + 1] - log_snr[step]))
