"""The noise schedule of the multistep solvers. openvino_genai does not have them, so that it follows diffusers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.diffusers_timesteps import diffusers_multistep_timesteps
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.karras import KarrasSigmas, timesteps_at
from graphframe.calculators.diffusion.schedulers.noise.sigmas import diffusers_training_sigmas
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing


class NoiseLevels(NamedTuple):
    """The noise of a run before each step and after the last one.

    Attributes
    ----------
    timesteps : array of int64, shape (steps,)
    image_weights, noise_weights : array of float32, shape (steps + 1,)
        The weights of the image and of the noise in the sample.
    log_snr : array of float64, shape (steps + 1,)
        Half the logarithm of the signal-to-noise ratio, the variable that the solvers step along.
    prediction_type : str
        The model's prediction: "epsilon", "sample" or "v_prediction".
    """

    timesteps: NDArray[np.int64]
    image_weights: NDArray[np.float32]
    noise_weights: NDArray[np.float32]
    log_snr: NDArray[np.float64]
    prediction_type: str

    def image(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the image that the model predicts, as a new array."""
        if self.prediction_type == "sample":
            return model_output.copy()
        image_weight, noise_weight = self.image_weights[step], self.noise_weights[step]
        image: NDArray[np.float32]
        if self.prediction_type == "epsilon":
            image = (sample - noise_weight * model_output) / image_weight
        else:
            image = image_weight * sample - noise_weight * model_output
        return image


@dataclass(frozen=True, slots=True)
class MultistepNoise:
    """The noise schedule.

    Attributes
    ----------
    training : array of float32, shape (num_train_timesteps,)
        The sigma of each timestep of training.
    spacing : TimestepSpacing
        The spacing of timesteps.
    karras : KarrasSigmas or None
        The spacing of the sigmas, if it is not that of the timesteps.
    prediction_type : str
        The model's prediction: "epsilon", "sample" or "v_prediction".
    to_zero : bool
        Whether sigma is 0 after the last step.
    """

    training: NDArray[np.float32]
    spacing: TimestepSpacing
    karras: KarrasSigmas | None
    prediction_type: str
    to_zero: bool

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> MultistepNoise:
        """Return the schedule in a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `thresholding` and `use_flow_sigmas` must be false.
        """
        config.must_be("thresholding", False)
        config.must_be("use_flow_sigmas", False)
        return cls(
            diffusers_training_sigmas(config),
            TimestepSpacing.from_config(config, "linspace"),
            KarrasSigmas.from_config(config),
            config.choice("prediction_type", "epsilon", "epsilon", "sample", "v_prediction"),
            config.choice("final_sigmas_type", "zero", "zero", "sigma_min") == "zero",
        )

    def levels(self, num_inference_steps: int, strength: float) -> NoiseLevels:
        """Return the noise of a run.

        Raises
        ------
        ValueError
            If the number of steps or the strength is out of range.
        """
        timesteps = diffusers_multistep_timesteps(self.spacing, num_inference_steps)
        sigmas = self.training[timesteps].astype(np.float64)
        if self.karras:
            sigmas = self.karras.between(self.training[-1], self.training[0], num_inference_steps)
            timesteps = timesteps_at(sigmas, self.training)
        begin = first_step(num_inference_steps, num_inference_steps, strength)
        if (np.diff(sigmas) >= 0).any():
            raise ValueError(
                f"num_inference_steps {num_inference_steps} is too large for this scheduler: some steps would have the "
                "same noise; use fewer steps"
            )
        final = 0 if self.to_zero else min(self.training[0], sigmas[-1])
        sigmas = np.append(sigmas[begin:], final).astype(np.float32).astype(np.float64)
        signal = 1 / np.sqrt(sigmas**2 + 1)
        with np.errstate(divide="ignore"):
            log_snr = -np.log(sigmas)
        return NoiseLevels(
            timesteps[begin:],
            signal.astype(np.float32),
            (sigmas * signal).astype(np.float32),
            log_snr,
            self.prediction_type,
        )
