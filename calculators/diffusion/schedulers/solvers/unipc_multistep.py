"""UniPC of second order: each step first corrects where the one before arrived."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.multistep import Mixtures, MultistepNoise
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class _Factors(NamedTuple):
    """What a sample consists of: factors of the sample at the step before, of the pictures seen there and one step
    earlier, and, in a correction, of the picture seen since.
    """

    sample: np.float32
    picture: np.float32
    earlier: np.float32
    newest: np.float32


class UniPCMultistepScheduler:
    """Unified predictor-corrector of second order, https://arxiv.org/abs/2302.04867, with B2(h) = e^h - 1.

    As in diffusers; the first step and the last are of first order.

    Parameters
    ----------
    noise
        Which noise a run visits.
    num_inference_steps, strength, image_seq_len
        See `SchedulerFactory`.
    """

    init_noise_sigma = np.float32(1)

    def __init__(
        self, noise: MultistepNoise, num_inference_steps: int, strength: float = 1.0, image_seq_len: int | None = None
    ) -> None:
        self._mixtures = noise.mixtures(num_inference_steps, strength)
        self.timesteps: NDArray[np.int64] = self._mixtures.timesteps
        self._last = len(self.timesteps) - 1
        orders = [1 if step in (0, self._last) else 2 for step in range(self._last + 1)]
        self._predictions = [_prediction(self._mixtures, step, order) for step, order in enumerate(orders)]
        self._corrections = [_correction(self._mixtures, step, order) for step, order in enumerate(orders[:-1])]
        nothing = np.zeros((), np.float32)
        self._sample: NDArray[np.float32] = nothing  # before the step before, and what was seen then and still before
        self._picture: NDArray[np.float32] = nothing
        self._earlier_picture: NDArray[np.float32] = nothing

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Read a config.

        Raises
        ------
        ValueError
            If a field is wrong or asks for what is not supported: `solver_order` must be 2, `solver_type` "bh2",
            `predict_x0` and `lower_order_final` true, `disable_corrector` empty, `thresholding`, `use_flow_sigmas`,
            `use_exponential_sigmas` and `use_beta_sigmas` false.
        """
        config.must_be("solver_order", 2, default=2)
        # NOTE: the other solvers' types stand for its own, as in diffusers, so that one may take another's config.
        config.choice("solver_type", "bh2", "bh2", "midpoint", "heun", "logrho")
        config.must_be("predict_x0", True, default=True)
        config.must_be("lower_order_final", True, default=True)
        if config.numbers("disable_corrector") is not None:
            raise config.error("disable_corrector", "is not empty, which is not supported here; leave it out")
        return partial(cls, MultistepNoise.from_config(config))

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return a picture with as much noise as there is before a step."""
        return self._mixtures.mix(sample, noise, step)

    def scale_model_input(self, sample: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return the sample itself."""
        return sample

    def step(
        self,
        model_output: NDArray[np.float32],
        step: int,
        sample: NDArray[np.float32],
        randn: Randn,
    ) -> Step:
        """Take one step (see `Scheduler.step`); draws no noise."""
        picture = self._mixtures.picture(model_output, step, sample)
        if step:
            sample = self._combined(self._corrections[step - 1]) + self._corrections[step - 1].newest * picture
        else:
            sample = sample.copy()
        self._sample, self._earlier_picture, self._picture = sample, self._picture, picture
        latent = self._combined(self._predictions[step])
        return Step(latent, latent if step == self._last else picture)

    def _combined(self, factors: _Factors) -> NDArray[np.float32]:
        """Return what the factors make of the sample and the pictures, the newest aside."""
        combined = factors.sample * self._sample + factors.picture * self._picture
        if factors.earlier:
            combined += factors.earlier * self._earlier_picture
        return combined


def _prediction(mixtures: Mixtures, step: int, order: int) -> _Factors:
    """Return what the sample after a step consists of."""
    kept, seen = _exponential(mixtures, step)
    if order == 1:
        return _Factors(kept, np.float32(seen), np.float32(0), np.float32(0))
    slope = 0.5 * seen / _ratio(mixtures, step)
    return _Factors(kept, np.float32(seen - slope), np.float32(slope), np.float32(0))


def _correction(mixtures: Mixtures, step: int, order: int) -> _Factors:
    """Return what it consists of once the picture there is known."""
    kept, seen = _exponential(mixtures, step)
    if order == 1:
        return _Factors(kept, np.float32(0.5 * seen), np.float32(0), np.float32(0.5 * seen))
    width = float(mixtures.log_snr[step + 1] - mixtures.log_snr[step])
    ratio = _ratio(mixtures, step)
    # The weights of the slopes to both sides, so that it is right for pictures that change with the square of log_snr.
    phi = math.expm1(-width)
    first = (phi / -width - 1) / phi
    second = 2 * ((phi / -width - 1) / -width - 0.5) / phi
    back = (second - first) / (ratio - 1)
    ahead = first - back
    slope = seen * back / ratio
    return _Factors(kept, np.float32(seen - slope - seen * ahead), np.float32(slope), np.float32(seen * ahead))


def _exponential(mixtures: Mixtures, step: int) -> tuple[np.float32, float]:
    """Return how much of the sample a step keeps, and how much of the picture comes instead."""
    width = float(mixtures.log_snr[step + 1] - mixtures.log_snr[step])
    return mixtures.noise[step + 1] / mixtures.noise[step], -float(mixtures.signal[step + 1]) * math.expm1(-width)


def _ratio(mixtures: Mixtures, step: int) -> float:
    """Return how wide the step before was, in terms of this one, and negative."""
    log_snr = mixtures.log_snr
    return float((log_snr[step - 1] - log_snr[step]) / (log_snr[step + 1] - log_snr[step]))
