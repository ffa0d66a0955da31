"""DDPM, whose steps add the noise that training added."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.betas import BetaRange, with_zero_terminal_snr
from graphframe.calculators.diffusion.schedulers.noise.betas import diffusers_cumulative_alphas as cumulated
from graphframe.calculators.diffusion.schedulers.noise.diffusers_timesteps import diffusers_timesteps
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import NoiseLevels
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step

_SMALLEST = 1e-20
"""The smallest variance of the noise of a step."""


class DDPMScheduler(MixedNoise):
    """Denoising diffusion probabilistic models, https://arxiv.org/abs/2006.11239, formula (7), as in diffusers.

    Parameters
    ----------
    alphas : array of float32, shape (num_train_timesteps,)
        The variance of the image in the sample at each timestep.
    spacing : TimestepSpacing
        The spacing of timesteps.
    prediction_type : str
        The model's prediction: "epsilon", "sample" or "v_prediction".
    variance_type : str
        The variance of the noise: "fixed_small", its logarithm "fixed_small_log", or "fixed_large".
    clip : float32 or None
        The largest absolute value of the predicted image.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        alphas: NDArray[np.float32],
        spacing: TimestepSpacing,
        prediction_type: str,
        variance_type: str,
        clip: np.float32 | None,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        timesteps = np.rint(diffusers_timesteps(spacing, num_inference_steps)).astype(np.int64)
        self.timesteps: NDArray[np.int64] = timesteps[first_step(len(timesteps), num_inference_steps, strength) :]
        visited = alphas[self.timesteps]
        self._alphas = np.append(visited.astype(np.float64), 1.0)
        super().__init__(np.sqrt(visited), np.sqrt(1 - visited))
        self._levels = NoiseLevels(
            self.timesteps, self._image_weights, self._noise_weights, np.empty(0), prediction_type
        )
        self._variance_type = variance_type
        self._clip = clip

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `thresholding` must be false, and `variance_type` fixed.
        """
        config.must_be("thresholding", False)
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "sample", "v_prediction")
        spacing = TimestepSpacing.from_config(config)
        betas = BetaRange.from_config(config).diffusers_betas()
        if config.flag("rescale_betas_zero_snr", False):
            if prediction_type == "epsilon" and spacing.kind != "leading":  # the image's weight, a divisor, would be 0
                raise config.error(
                    "rescale_betas_zero_snr", "is true, which needs prediction_type v_prediction or sample"
                )
            betas = with_zero_terminal_snr(betas, cumulated)
        variance_type = config.choice("variance_type", "fixed_small", "fixed_small", "fixed_small_log", "fixed_large")
        clip = config.number("clip_sample_range", 1.0) if config.flag("clip_sample", True) else None
        return partial(cls, cumulated(betas), spacing, prediction_type, variance_type, clip)

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step, with noise unless it starts at timestep 0; see `Scheduler.step`."""
        image = self._levels.image(model_output, step, sample)
        if self._clip is not None:
            image = image.clip(-self._clip, self._clip)
        alpha, arrival = float(self._alphas[step]), float(self._alphas[step + 1])
        left = 1 - alpha / arrival
        of_image = math.sqrt(arrival) * left / (1 - alpha)
        of_sample = math.sqrt(alpha / arrival) * (1 - arrival) / (1 - alpha)
        latent = np.float32(of_image) * image + np.float32(of_sample) * sample
        if self.timesteps[step] > 0:
            variance = left if self._variance_type == "fixed_large" else (1 - arrival) / (1 - alpha) * left
            latent += np.float32(math.sqrt(max(variance, _SMALLEST))) * randn(sample.shape)
        return Step(latent, latent if step == len(self.timesteps) - 1 else image)
