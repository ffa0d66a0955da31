"""Euler's method, the default of SDXL."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.added_noise import AddedNoise
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.sigma_spread import SigmaSpread, rounded_timesteps_at
from graphframe.calculators.diffusion.schedulers.noise.sigmas import (
    diffusers_training_sigmas,
    predicted_image,
    training_sigmas,
)
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step


class EulerDiscreteScheduler(AddedNoise):
    """Euler's method for the probability flow ODE, https://arxiv.org/abs/2206.00364, algorithm 2 without churn.

    Parameters
    ----------
    training : array of float32, shape (num_train_timesteps,)
        The sigma of each timestep of training.
    spacing : TimestepSpacing
        The spacing of timesteps.
    prediction_type : str
        The model's prediction: "epsilon", "sample" or "v_prediction".
    log_linear : bool
        Whether the logarithm of sigma decreases linearly. Otherwise the sigmas are those of the timesteps.
    spread : SigmaSpread or None
        The spread of the sigmas, if they are not those of the timesteps.
    final_sigma : float32
        The sigma after the last step.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        training: NDArray[np.float32],
        spacing: TimestepSpacing,
        prediction_type: str,
        log_linear: bool,
        spread: SigmaSpread | None,
        final_sigma: np.float32,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        timesteps = spacing.timesteps(num_inference_steps)
        sigmas = _log_linear(training, num_inference_steps) if log_linear else training[timesteps]
        if spread:
            exact = spread.between(float(sigmas[0]), float(sigmas[-1]), num_inference_steps)
            sigmas, timesteps = exact.astype(np.float32), rounded_timesteps_at(exact, training)
        begin = first_step(len(timesteps), num_inference_steps, strength)
        self.timesteps: NDArray[np.int64] = timesteps[begin:]
        super().__init__(np.append(sigmas[begin:], final_sigma))
        self._prediction_type = prediction_type
        largest = self._sigmas.max()
        self.init_noise_sigma: np.float32 = largest
        if spacing.kind == "leading":
            self.init_noise_sigma = np.sqrt(largest * largest + np.float32(1))

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `timestep_type` must be "discrete" if `prediction_type` is
            "v_prediction".
        """
        spread = SigmaSpread.from_config(config)
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "sample", "v_prediction")
        if prediction_type == "v_prediction":
            config.choice("timestep_type", "discrete", "discrete")
        # NOTE: openvino_genai does not support spreads. They and their ranges are computed as in diffusers.
        sigmas_of = diffusers_training_sigmas if spread else training_sigmas
        training = sigmas_of(config, beta_schedule="scaled_linear")
        to_zero = config.choice("final_sigmas_type", "zero", "zero", "sigma_min") == "zero"
        return partial(
            cls,
            training,
            TimestepSpacing.from_config(config),
            prediction_type,
            config.choice("interpolation_type", "linear", "linear", "log_linear") == "log_linear",
            spread,
            np.float32(0) if to_zero else training[0],
        )

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step without noise; see `Scheduler.step`."""
        sigma, arrival = self._sigmas[step], self._sigmas[step + 1]
        image = predicted_image(self._prediction_type, model_output, sample, sigma)
        return Step((sample - image) / sigma * (arrival - sigma) + sample, image)


def _log_linear(training: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return `count` + 1 sigmas from the largest to the smallest, whose logarithms are evenly spaced."""
    start, end = np.log(training[[-1, 0]])
    logarithms = start + (end - start) / np.float32(count) * np.arange(count + 1, dtype=np.float32)
    logarithms[-1] = end
    # NOTE: C's expf gives the same as rounding from float64; NumPy's float32 exp differs in the last bit.
    sigmas: NDArray[np.float32] = np.exp(logarithms.astype(np.float64)).astype(np.float32)
    return sigmas
