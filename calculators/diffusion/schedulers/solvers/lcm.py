"""Sampling of latent consistency models in few steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.betas import BetaRange, cumulative_alphas, with_zero_terminal_snr
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import NoiseLevels
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import check_num_inference_steps
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step

_SIGMA_DATA = 0.5


@dataclass(frozen=True, slots=True)
class ConsistencyFields:
    """The config fields of the solver.

    Attributes
    ----------
    original_inference_steps : int
        The number of timesteps that the model was distilled on.
    timestep_scaling : float32
        The factor of timesteps in the boundary condition.
    clip_sample_range : float32 or None
        The largest absolute value of the predicted image. None if it is not clipped.
    """

    original_inference_steps: int
    timestep_scaling: np.float32
    clip_sample_range: np.float32 | None

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> ConsistencyFields:
        """Return the fields in a config. Raise ValueError for fields that are not valid."""
        original_inference_steps = config.integer("original_inference_steps", 50, minimum=1)
        if original_inference_steps > config.integer("num_train_timesteps", 1000, minimum=1):
            raise config.error("original_inference_steps", "must not be larger than num_train_timesteps")
        clip_sample_range = config.number("clip_sample_range", 1)
        return cls(
            original_inference_steps=original_inference_steps,
            timestep_scaling=config.number("timestep_scaling", 10),
            clip_sample_range=clip_sample_range if config.flag("clip_sample", False) else None,
        )


class LCMScheduler(MixedNoise):
    """Multistep consistency sampling, https://arxiv.org/abs/2310.04378, algorithm 3.

    Parameters
    ----------
    alphas_cumprod : array of float32, shape (num_train_timesteps,)
        The noise schedule.
    prediction_type : str
        The model's prediction: "epsilon", "sample" or "v_prediction".
    fields : ConsistencyFields
        The config fields of the solver.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`. The number of steps does not depend on `strength`, which reduces
        `original_inference_steps` instead. Timesteps are repeated if fewer of these remain than there are steps.
    """

    def __init__(
        self,
        alphas_cumprod: NDArray[np.float32],
        prediction_type: str,
        fields: ConsistencyFields,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        check_num_inference_steps(num_inference_steps, len(alphas_cumprod))
        self.timesteps: NDArray[np.int64] = _timesteps(
            len(alphas_cumprod), fields.original_inference_steps, num_inference_steps, strength
        )
        alphas = alphas_cumprod[self.timesteps]
        super().__init__(np.sqrt(alphas), np.sqrt(1 - alphas))
        self._boundary = [
            _boundary_condition(each * fields.timestep_scaling) for each in self.timesteps.astype(np.float32)
        ]
        self._clip_sample_range = fields.clip_sample_range
        self._levels = NoiseLevels(
            self.timesteps, self._image_weights, self._noise_weights, np.empty(0), prediction_type
        )

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `thresholding` must be false, and so must be
            `rescale_betas_zero_snr` if `prediction_type` is "epsilon".
        """
        config.must_be("thresholding", False)
        betas = _betas(BetaRange.from_config(config, schedule="scaled_linear", start=0.00085, end=0.012))
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "sample", "v_prediction")
        if config.flag("rescale_betas_zero_snr", False):
            if prediction_type == "epsilon":  # the image's weight, a divisor, would be 0
                raise config.error(
                    "rescale_betas_zero_snr", "is true, which needs prediction_type v_prediction or sample"
                )
            betas = with_zero_terminal_snr(betas)
        return partial(cls, cumulative_alphas(betas), prediction_type, ConsistencyFields.from_config(config))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step, with noise except in the last one; see `Scheduler.step`."""
        image = self._levels.image(model_output, step, sample)
        if self._clip_sample_range is not None:
            image = image.clip(-self._clip_sample_range, self._clip_sample_range)
        c_skip, c_out = self._boundary[step]
        denoised = c_out * image + c_skip * sample
        if step == len(self.timesteps) - 1:
            # NOTE: two arrays, as in openvino_genai: inpainting changes the first and decodes the second.
            return Step(denoised.copy(), denoised)
        return Step(self.add_noise(denoised, randn(sample.shape), step + 1), denoised)


def _timesteps(
    num_train_timesteps: int, original_inference_steps: int, count: int, strength: float
) -> NDArray[np.int64]:
    """Return `count` of those timesteps of the distillation that `strength` keeps."""
    stride = num_train_timesteps // original_inference_steps
    used = original_inference_steps - first_step(original_inference_steps, original_inference_steps, strength)
    original = np.arange(used, 0, -1, dtype=np.int64) * stride - 1
    spread = np.arange(count, dtype=np.float32) * (np.float32(used) / np.float32(count))
    return original[spread.astype(np.int64)]


def _boundary_condition(scaled_timestep: np.float32) -> tuple[np.float32, np.float32]:
    """Return the weights of the sample and of the predicted image. At timestep 0 they are 1 and 0."""
    squares = float(scaled_timestep) ** 2 + _SIGMA_DATA**2
    return np.float32(_SIGMA_DATA**2 / squares), np.float32(float(scaled_timestep) / squares**0.5)


def _betas(betas: BetaRange) -> NDArray[np.float32]:
    """Return the betas, float32, shape (count,). Unlike in the other schedulers, the last one is `end`."""
    if betas.trained is not None:
        return betas.trained
    index, last = np.arange(betas.count, dtype=np.float32), np.float32(max(betas.count - 1, 1))
    if betas.schedule == "linear":
        return betas.start + (betas.end - betas.start) * index / last
    start, end = np.sqrt(betas.start), np.sqrt(betas.end)
    roots: NDArray[np.float32] = start + (end - start) / last * index
    if betas.count > 1:
        roots[-1] = end
    return roots * roots
