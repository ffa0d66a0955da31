"""Few-step sampling of latent consistency models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.betas import BetaRange, cumulative_alphas
from graphframe.calculators.diffusion.schedulers.noise.strength import first_step
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import check_num_inference_steps
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step

_SIGMA_DATA = 0.5


@dataclass(frozen=True, slots=True)
class ConsistencyFields:
    """The fields of the config that are the method's own.

    Attributes
    ----------
    original_inference_steps
        Number of timesteps that the model was distilled on.
    timestep_scaling
        How fast the boundary condition fades.
    clip_sample_range
        Where the predicted picture is clipped, on both sides of 0; None if it is not.
    """

    original_inference_steps: int
    timestep_scaling: np.float32
    clip_sample_range: np.float32 | None

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> ConsistencyFields:
        """Read the fields. Raises ValueError for what they cannot be."""
        original_inference_steps = config.integer("original_inference_steps", 50, minimum=1)
        if original_inference_steps > config.integer("num_train_timesteps", 1000, minimum=1):
            raise config.error("original_inference_steps", "must not be larger than num_train_timesteps")
        clip_sample_range = config.number("clip_sample_range", 1)
        return cls(
            original_inference_steps=original_inference_steps,
            timestep_scaling=config.number("timestep_scaling", 10),
            clip_sample_range=clip_sample_range if config.flag("clip_sample", False) else None,
        )


class LCMScheduler:
    """Multistep consistency sampling, https://arxiv.org/abs/2310.04378, algorithm 3.

    Parameters
    ----------
    alphas_cumprod
        float32, shape (num_train_timesteps,): the noise schedule.
    fields
        The method's own fields of the config.
    num_inference_steps, strength, image_seq_len
        See `SchedulerFactory`. All steps are taken whatever `strength` is, which leaves out part of
        `original_inference_steps` instead. If fewer of these are left than there are steps, timesteps are repeated.
    """

    init_noise_sigma = np.float32(1)

    def __init__(
        self,
        alphas_cumprod: NDArray[np.float32],
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
        self._signal, self._noise = np.sqrt(alphas), np.sqrt(1 - alphas)
        self._boundary = [
            _boundary_condition(each * fields.timestep_scaling) for each in self.timesteps.astype(np.float32)
        ]
        self._clip_sample_range = fields.clip_sample_range

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Read a config.

        Raises
        ------
        ValueError
            If a field is wrong or asks for what is not supported: `thresholding` and `rescale_betas_zero_snr` must be
            false, and `prediction_type` "epsilon".
        """
        config.must_be("thresholding", False)
        config.must_be("rescale_betas_zero_snr", False)
        config.choice("prediction_type", "epsilon", "epsilon")
        betas = _betas(BetaRange.from_config(config, schedule="scaled_linear", start=0.00085, end=0.012))
        return partial(cls, cumulative_alphas(betas), ConsistencyFields.from_config(config))

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return a picture with as much noise as there is before a step."""
        noisy: NDArray[np.float32] = self._signal[step] * sample + self._noise[step] * noise
        return noisy

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
        """Take one step (see `Scheduler.step`); draws noise at all but the last."""
        picture = (sample - self._noise[step] * model_output) / self._signal[step]
        if self._clip_sample_range is not None:
            picture = picture.clip(-self._clip_sample_range, self._clip_sample_range)
        c_skip, c_out = self._boundary[step]
        denoised = c_out * picture + c_skip * sample
        if step == len(self.timesteps) - 1:
            # NOTE: two arrays, as in openvino_genai: inpainting changes the first and decodes the second.
            return Step(denoised.copy(), denoised)
        return Step(self._signal[step + 1] * denoised + self._noise[step + 1] * randn(sample.shape), denoised)


def _timesteps(
    num_train_timesteps: int, original_inference_steps: int, count: int, strength: float
) -> NDArray[np.int64]:
    """Return `count` of the timesteps that the model was distilled on, of those that `strength` leaves."""
    stride = num_train_timesteps // original_inference_steps
    used = original_inference_steps - first_step(original_inference_steps, original_inference_steps, strength)
    original = np.arange(used, 0, -1, dtype=np.int64) * stride - 1
    spread = np.arange(count, dtype=np.float32) * (np.float32(used) / np.float32(count))
    return original[spread.astype(np.int64)]


def _boundary_condition(scaled_timestep: np.float32) -> tuple[np.float32, np.float32]:
    """Return how much of the sample and of the predicted picture to take; at timestep 0, it is the sample alone."""
    squares = float(scaled_timestep) ** 2 + _SIGMA_DATA**2
    return np.float32(_SIGMA_DATA**2 / squares), np.float32(float(scaled_timestep) / squares**0.5)


def _betas(betas: BetaRange) -> NDArray[np.float32]:
    """Return the betas, float32, shape (count,): here, other than in the rest of the schedulers, the last is `end`."""
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
