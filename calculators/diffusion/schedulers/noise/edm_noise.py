"""The noise schedule and the preconditioning of models in the EDM framework, as in diffusers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step


@dataclass(frozen=True, slots=True)
class EdmNoise:
    """The noise schedule, https://arxiv.org/abs/2206.00364.

    Attributes
    ----------
    smallest, largest : float
        The ends of the range of sigmas.
    data : float
        The standard deviation of the training data.
    exponential : bool
        Whether the logarithms of the sigmas are evenly spaced, instead of their roots.
    rho : float
        The degree of these roots.
    v_prediction : bool
        Whether the model predicts velocities, instead of noise.
    to_zero : bool
        Whether sigma is 0 after the last step.
    """

    smallest: float
    largest: float
    data: float
    exponential: bool
    rho: float
    v_prediction: bool
    to_zero: bool

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> EdmNoise:
        """Return the schedule in a config. Raise ValueError for fields that are not valid or not supported."""
        config.must_be("thresholding", False)
        return cls(
            config.positive("sigma_min") or 0.002,
            config.positive("sigma_max") or 80.0,
            config.positive("sigma_data") or 0.5,
            config.choice("sigma_schedule", "karras", "karras", "exponential") == "exponential",
            config.positive("rho") or 7.0,
            config.choice("prediction_type", "epsilon", "epsilon", "v_prediction") == "v_prediction",
            config.choice("final_sigmas_type", "zero", "zero", "sigma_min") == "zero",
        )

    def sigmas(self, num_inference_steps: int, strength: float) -> NDArray[np.float32]:
        """Return the sigma before each step and after the last one.

        Raises
        ------
        ValueError
            If the number of steps or the strength is out of range.
        """
        if num_inference_steps < 1:
            raise ValueError(f"num_inference_steps must be at least 1, not {num_inference_steps}")
        ramp = np.linspace(0, 1, num_inference_steps)
        if self.exponential:
            small, large = np.log(self.smallest), np.log(self.largest)
            sigmas = np.exp(np.linspace(small, large, num_inference_steps))[::-1]
        else:
            small, large = self.smallest ** (1 / self.rho), self.largest ** (1 / self.rho)
            sigmas = (large + ramp * (small - large)) ** self.rho
        begin = first_step(num_inference_steps, num_inference_steps, strength)
        return np.append(sigmas[begin:], 0.0 if self.to_zero else sigmas[-1]).astype(np.float32)

    def init_noise_sigma(self) -> np.float32:
        """Return the standard deviation of the initial noise."""
        return np.float32((self.largest**2 + 1) ** 0.5)


class EdmSamples:
    """Samples that are ``image + sigma * noise``, and the model's inputs and outputs for them.

    Parameters
    ----------
    noise : EdmNoise
        The noise schedule.
    num_inference_steps, strength : int, float
        See `SchedulerFactory`.
    """

    def __init__(self, noise: EdmNoise, num_inference_steps: int, strength: float) -> None:
        self._sigmas = noise.sigmas(num_inference_steps, strength)
        self._noise = noise
        self.timesteps: NDArray[np.float32] = np.float32(0.25) * np.log(self._sigmas[:-1])
        self.init_noise_sigma = noise.init_noise_sigma()

    def add_noise(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return an image with the amount of noise before a step."""
        noisy: NDArray[np.float32] = sample + self._sigmas[step] * noise
        return noisy

    def scale_model_input(self, sample: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return the sample with a variance of 1."""
        return sample * np.float32(1 / (float(self._sigmas[step]) ** 2 + self._noise.data**2) ** 0.5)

    def image(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the image that the model predicts."""
        sigma, data = float(self._sigmas[step]), self._noise.data
        squares = sigma**2 + data**2
        of_output = sigma * data / squares**0.5
        if self._noise.v_prediction:
            of_output = -of_output
        return np.float32(data**2 / squares) * sample + np.float32(of_output) * model_output
