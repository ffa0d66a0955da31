"""PNDM's linear multistep method (PLMS), the default of Stable Diffusion 1."""

from __future__ import annotations

from collections import deque
from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.betas import AlphasCumprod, BetaRange
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class PNDMScheduler(MixedNoise):
    """Pseudo numerical methods for diffusion models, https://arxiv.org/abs/2202.09778, without Runge-Kutta steps.

    The second timestep is used twice, so there are ``num_inference_steps + 1`` steps, or 1 if `num_inference_steps` is
    1.

    Parameters
    ----------
    alphas : AlphasCumprod
        The noise schedule.
    spacing : TimestepSpacing
        The spacing of timesteps.
    prediction_type : str
        The model's prediction: "epsilon" or "v_prediction".
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        alphas: AlphasCumprod,
        spacing: TimestepSpacing,
        prediction_type: str,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        timesteps = spacing.timesteps(num_inference_steps)
        timesteps = np.concatenate((timesteps[:2], timesteps[1:]))
        self.timesteps: NDArray[np.int64] = timesteps[first_step(len(timesteps), num_inference_steps, strength) :]
        super().__init__(*alphas.weights(self.timesteps))
        self._alphas = alphas
        self._v_prediction = prediction_type == "v_prediction"
        self._stride = spacing.stride(num_inference_steps)
        self._outputs: deque[NDArray[np.float32]] = deque(maxlen=4)  # the latest first
        self._first_sample: NDArray[np.float32] = np.empty(0, np.float32)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `skip_prk_steps` must be true.
        """
        config.must_be("skip_prk_steps", True)
        alphas = AlphasCumprod.from_betas(
            BetaRange.from_config(config).betas(), set_alpha_to_one=config.flag("set_alpha_to_one", False)
        )
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "v_prediction")
        return partial(cls, alphas, TimestepSpacing.from_config(config), prediction_type)

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step without noise; see `Scheduler.step`."""
        timestep = int(self.timesteps[step])
        if step == 1:  # repeats the first step with the mean of the slopes at its ends
            arrival, timestep = timestep, timestep + self._stride
            sample = self._first_sample
            slope = (model_output + self._outputs[0]) * np.float32(0.5)
        else:
            arrival = timestep - self._stride
            if step == 0:
                self._first_sample = sample.copy()
            self._outputs.appendleft(model_output.copy())
            slope = self._extrapolated_slope()
        return self._transfer(slope, timestep, arrival, sample, last=step == len(self.timesteps) - 1)

    def _extrapolated_slope(self) -> NDArray[np.float32]:
        """Return the slope of the Adams-Bashforth method; its order is the number of outputs."""
        outputs = self._outputs
        if len(outputs) == 1:
            return outputs[0]
        if len(outputs) == 2:
            return (3 * outputs[0] - outputs[1]) * np.float32(0.5)
        if len(outputs) == 3:
            return (23 * outputs[0] - 16 * outputs[1] + 5 * outputs[2]) / np.float32(12)
        return np.float32(1 / 24) * (55 * outputs[0] - 59 * outputs[1] + 37 * outputs[2] - 9 * outputs[3])

    def _transfer(
        self, output: NDArray[np.float32], timestep: int, arrival: int, sample: NDArray[np.float32], *, last: bool
    ) -> Step:
        """Step from one timestep to another: formula (9) of the paper, in the form of (11)."""
        alpha, alpha_arrival = self._alphas.at(timestep), self._alphas.at(arrival)
        beta, beta_arrival = 1 - alpha, 1 - alpha_arrival
        epsilon = np.sqrt(alpha) * output + np.sqrt(beta) * sample if self._v_prediction else output
        divisor = alpha * np.sqrt(beta_arrival) + np.sqrt(alpha * beta * alpha_arrival)
        latent = np.sqrt(alpha_arrival / alpha) * sample - (alpha_arrival - alpha) * epsilon / divisor
        return Step(latent, latent if last else (sample - np.sqrt(beta) * epsilon) / np.sqrt(alpha))
