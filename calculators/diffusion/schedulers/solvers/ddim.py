"""DDIM without noise in its steps (eta 0), the default of Stable Diffusion 2."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.betas import AlphasCumprod, BetaRange, with_zero_terminal_snr
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class DDIMScheduler(MixedNoise):
    """Denoising diffusion implicit models, https://arxiv.org/abs/2010.02502, formula (12) with sigma 0.

    Parameters
    ----------
    alphas : AlphasCumprod
        The noise schedule.
    spacing : TimestepSpacing
        The spacing of timesteps.
    prediction_type : str
        The model's prediction: "epsilon", "sample" or "v_prediction".
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
        self.timesteps: NDArray[np.int64] = timesteps[first_step(len(timesteps), num_inference_steps, strength) :]
        super().__init__(*alphas.weights(self.timesteps))
        self._alphas = alphas
        self._prediction_type = prediction_type
        self._stride = spacing.stride(num_inference_steps)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `clip_sample` and `thresholding` must be false. So must be
            `rescale_betas_zero_snr` if `prediction_type` is "epsilon", unless `timestep_spacing` is "leading".
        """
        config.must_be("clip_sample", False, default=True)
        config.must_be("thresholding", False)
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "sample", "v_prediction")
        spacing = TimestepSpacing.from_config(config)
        betas = BetaRange.from_config(config, schedule="scaled_linear").betas()
        if config.flag("rescale_betas_zero_snr", False):
            if prediction_type == "epsilon" and spacing.kind != "leading":  # the image's weight, a divisor, would be 0
                raise config.error(
                    "rescale_betas_zero_snr", "is true, which needs prediction_type v_prediction or sample"
                )
            betas = with_zero_terminal_snr(betas)
        alphas = AlphasCumprod.from_betas(betas, set_alpha_to_one=config.flag("set_alpha_to_one", True))
        return partial(cls, alphas, spacing, prediction_type)

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step without noise; see `Scheduler.step`."""
        timestep = int(self.timesteps[step])
        alpha, alpha_arrival = self._alphas.at(timestep), self._alphas.at(timestep - self._stride)
        image, noise = self._split(model_output, sample, alpha)
        latent = np.sqrt(alpha_arrival) * image + np.sqrt(1 - alpha_arrival) * noise
        return Step(latent, latent if step == len(self.timesteps) - 1 else image)

    def _split(
        self, output: NDArray[np.float32], sample: NDArray[np.float32], alpha: np.float32
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the predicted image and the predicted noise in the sample."""
        signal, sigma = np.sqrt(alpha), np.sqrt(1 - alpha)
        if self._prediction_type == "epsilon":
            return (sample - sigma * output) / signal, output
        if self._prediction_type == "sample":
            return output, (sample - signal * output) / sigma
        return signal * sample - sigma * output, signal * output + sigma * sample
