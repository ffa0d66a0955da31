"""Trajectory consistency sampling, for models that are distilled for it."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.betas import BetaRange, with_zero_terminal_snr
from graphframe.calculators.diffusion.schedulers.noise.betas import diffusers_cumulative_alphas as cumulated
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import NoiseLevels
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step

_ETA = np.float32(0.3)
"""The part of the way to a step's timestep that its noise covers, diffusers' default."""


class TCDScheduler(MixedNoise):
    """Strategic stochastic sampling, https://arxiv.org/abs/2402.19159, algorithm 4, as in diffusers.

    A step goes further than its timestep, and adds noise to return to it.

    Parameters
    ----------
    alphas : array of float32, shape (num_train_timesteps,)
        The variance of the image in the sample at each timestep.
    original_inference_steps : int
        The number of evenly spaced timesteps in the distillation, of which a run takes some.
    prediction_type : str
        The model's prediction: "epsilon", "sample" or "v_prediction".
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        alphas: NDArray[np.float32],
        original_inference_steps: int,
        prediction_type: str,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        if not 1 <= num_inference_steps <= original_inference_steps:
            raise ValueError(
                f"num_inference_steps must be between 1 and {original_inference_steps}, not {num_inference_steps}"
            )
        distilled = np.arange(original_inference_steps, 0, -1) * (len(alphas) // original_inference_steps) - 1
        chosen = np.linspace(0, original_inference_steps, num_inference_steps, endpoint=False).astype(np.int64)
        begin = first_step(num_inference_steps, num_inference_steps, strength)
        self.timesteps: NDArray[np.int64] = distilled[chosen][begin:].astype(np.int64)
        arrivals = np.append(self.timesteps[1:], 0)
        further = np.floor((np.float32(1) - _ETA) * arrivals.astype(np.float32)).astype(np.int64)
        visited = alphas[self.timesteps]
        super().__init__(np.sqrt(visited), np.sqrt(1 - visited))
        self._levels = NoiseLevels(
            self.timesteps, self._image_weights, self._noise_weights, np.empty(0), prediction_type
        )
        self._further = np.sqrt(alphas[further]), np.sqrt(1 - alphas[further])
        back = alphas[arrivals] / alphas[further]
        self._back = np.sqrt(back), np.sqrt(1 - back)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `thresholding` must be false.
        """
        config.must_be("thresholding", False)
        fields = BetaRange.from_config(config, schedule="scaled_linear", start=0.00085, end=0.012)
        betas = fields.diffusers_betas()
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "sample", "v_prediction")
        if config.flag("rescale_betas_zero_snr", False):
            if prediction_type == "epsilon":
                raise config.error(
                    "rescale_betas_zero_snr", "is true, which needs prediction_type v_prediction or sample"
                )
            betas = with_zero_terminal_snr(betas, cumulated)
        steps = config.integer("original_inference_steps", 50, minimum=1)
        if steps > len(betas):
            raise config.error("original_inference_steps", f"must be at most num_train_timesteps, {len(betas)}")
        return partial(cls, cumulated(betas), steps, prediction_type)

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step, with noise except in the last one; see `Scheduler.step`."""
        image = self._levels.image(model_output, step, sample)
        noise = self._levels.noise(model_output, step, sample)
        latent = self._further[0][step] * image + self._further[1][step] * noise
        if step == len(self.timesteps) - 1:
            return Step(latent, latent)
        return Step(self._back[0][step] * latent + self._back[1][step] * randn(sample.shape), image)
