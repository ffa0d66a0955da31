"""Euler's method, the default of SDXL."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.karras import KarrasSigmas, timesteps_at
from graphframe.calculators.diffusion.schedulers.noise.sigmas import (
    predicted_picture,
    scaled_to_unit_variance,
    training_sigmas,
    training_sigmas_of_diffusers,
)
from graphframe.calculators.diffusion.schedulers.noise.strength import first_step
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class EulerDiscreteScheduler:
    """Euler steps along the slope of the noise (https://arxiv.org/abs/2206.00364, algorithm 2 without churn).

    Parameters
    ----------
    training
        float32, shape (num_train_timesteps,): the noise at each timestep of training.
    spacing
        How the timesteps are spread.
    prediction_type
        What the model predicts: "epsilon", "sample" or "v_prediction".
    log_linear
        Whether sigma falls evenly in its logarithm, whatever the timesteps are, instead of being that of the timesteps.
    karras
        How else the sigmas are spread; or None.
    final_sigma
        The noise after the last step.
    num_inference_steps, strength, image_seq_len
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        training: NDArray[np.float32],
        spacing: TimestepSpacing,
        prediction_type: str,
        log_linear: bool,
        karras: KarrasSigmas | None,
        final_sigma: np.float32,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        timesteps = spacing.timesteps(num_inference_steps)
        sigmas = _log_linear(training, num_inference_steps) if log_linear else training[timesteps]
        if karras:
            spread = karras.between(float(sigmas[0]), float(sigmas[-1]), num_inference_steps)
            sigmas, timesteps = spread.astype(np.float32), timesteps_at(spread, training)
        begin = first_step(len(timesteps), num_inference_steps, strength)
        self.timesteps: NDArray[np.int64] = timesteps[begin:]
        self._sigmas = np.append(sigmas[begin:], final_sigma)
        self._prediction_type = prediction_type
        largest = self._sigmas.max()
        self.init_noise_sigma: np.float32 = largest
        if spacing.kind == "leading":
            self.init_noise_sigma = np.sqrt(largest * largest + np.float32(1))

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Read a config.

        Raises
        ------
        ValueError
            If a field is wrong or asks for what is not supported: `use_exponential_sigmas` and `use_beta_sigmas` must
            be false, and `timestep_type` "discrete" where `prediction_type` is "v_prediction".
        """
        karras = KarrasSigmas.from_config(config)
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "sample", "v_prediction")
        if prediction_type == "v_prediction":
            config.choice("timestep_type", "discrete", "discrete")
        # NOTE: openvino_genai refuses Karras sigmas, so that they are as in diffusers, and so is what they spread over.
        sigmas_of = training_sigmas_of_diffusers if karras else training_sigmas
        training = sigmas_of(config, beta_schedule="scaled_linear")
        to_zero = config.choice("final_sigmas_type", "zero", "zero", "sigma_min") == "zero"
        return partial(
            cls,
            training,
            TimestepSpacing.from_config(config),
            prediction_type,
            config.choice("interpolation_type", "linear", "linear", "log_linear") == "log_linear",
            karras,
            np.float32(0) if to_zero else training[0],
        )

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return a picture with as much noise as there is before a step."""
        noisy: NDArray[np.float32] = sample + self._sigmas[step] * noise
        return noisy

    def scale_model_input(self, sample: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return the sample with a variance of 1."""
        return scaled_to_unit_variance(sample, self._sigmas[step])

    def step(
        self,
        model_output: NDArray[np.float32],
        step: int,
        sample: NDArray[np.float32],
        randn: Randn,
    ) -> Step:
        """Take one step (see `Scheduler.step`); draws no noise."""
        sigma, arrival = self._sigmas[step], self._sigmas[step + 1]
        picture = predicted_picture(self._prediction_type, model_output, sample, sigma)
        return Step((sample - picture) / sigma * (arrival - sigma) + sample, picture)


def _log_linear(training: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return `count` + 1 sigmas that fall evenly in their logarithm, from the largest to the smallest."""
    start, end = np.log(training[[-1, 0]])
    logarithms = start + (end - start) / np.float32(count) * np.arange(count + 1, dtype=np.float32)
    logarithms[-1] = end
    # NOTE: rounded from float64, as C's expf is in effect; numpy's own float32 exp differs in the last bit.
    sigmas: NDArray[np.float32] = np.exp(logarithms.astype(np.float64)).astype(np.float32)
    return sigmas
