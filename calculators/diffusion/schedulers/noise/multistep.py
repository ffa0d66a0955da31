"""What the multistep solvers share: the noise that a run visits, and pictures that are mixed with it.

It is as in diffusers, since openvino_genai has none of these solvers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.karras import KarrasSigmas, timesteps_at
from graphframe.calculators.diffusion.schedulers.noise.sigmas import training_sigmas_of_diffusers
from graphframe.calculators.diffusion.schedulers.noise.spacing_of_diffusers import SpacingOfDiffusers
from graphframe.calculators.diffusion.schedulers.noise.strength import first_step


class Mixtures(NamedTuple):
    """What the samples of a run are mixed of.

    Attributes
    ----------
    timesteps
        int64, shape (steps,).
    signal, noise
        float32, shape (steps + 1,): the picture's share and the noise's, before each step and after the last.
    log_snr
        float64, shape (steps + 1,): half the logarithm of the signal-to-noise ratio, which the solvers step along.
    prediction_type
        What the model predicts: "epsilon", "sample" or "v_prediction".
    """

    timesteps: NDArray[np.int64]
    signal: NDArray[np.float32]
    noise: NDArray[np.float32]
    log_snr: NDArray[np.float64]
    prediction_type: str

    def picture(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the picture that the model sees in the sample; not an array that was passed."""
        if self.prediction_type == "sample":
            return model_output.copy()
        picture: NDArray[np.float32]
        if self.prediction_type == "epsilon":
            picture = (sample - self.noise[step] * model_output) / self.signal[step]
        else:
            picture = self.signal[step] * sample - self.noise[step] * model_output
        return picture

    def mix(self, sample: NDArray[np.float32], noise: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return a picture with as much noise as there is before a step."""
        noisy: NDArray[np.float32] = self.signal[step] * sample + self.noise[step] * noise
        return noisy


@dataclass(frozen=True, slots=True)
class MultistepNoise:
    """The fields that say which noise a run visits.

    Attributes
    ----------
    training
        float32, shape (num_train_timesteps,): the noise at each timestep of training.
    spacing
        How the timesteps are spread.
    karras
        How the sigmas are spread; None if they are those of the timesteps.
    prediction_type
        What the model predicts: "epsilon", "sample" or "v_prediction".
    to_zero
        Whether no noise is left after the last step.
    """

    training: NDArray[np.float32]
    spacing: SpacingOfDiffusers
    karras: KarrasSigmas | None
    prediction_type: str
    to_zero: bool

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> MultistepNoise:
        """Read the fields.

        Raises
        ------
        ValueError
            If a field is wrong or asks for what is not supported: `thresholding` and `use_flow_sigmas` must be false.
        """
        config.must_be("thresholding", False)
        config.must_be("use_flow_sigmas", False)
        return cls(
            training_sigmas_of_diffusers(config),
            SpacingOfDiffusers.from_config(config),
            KarrasSigmas.from_config(config),
            config.choice("prediction_type", "epsilon", "epsilon", "sample", "v_prediction"),
            config.choice("final_sigmas_type", "zero", "zero", "sigma_min") == "zero",
        )

    def mixtures(self, num_inference_steps: int, strength: float) -> Mixtures:
        """Return those of a run.

        Raises
        ------
        ValueError
            If the number of steps or the strength is not possible.
        """
        timesteps = self.spacing.timesteps_before_the_last(num_inference_steps)
        sigmas = self.training[timesteps].astype(np.float64)
        if self.karras:
            sigmas = self.karras.between(self.training[-1], self.training[0], num_inference_steps)
            timesteps = timesteps_at(sigmas, self.training)
        begin = first_step(num_inference_steps, num_inference_steps, strength)
        if (np.diff(sigmas) >= 0).any():
            raise ValueError(f"num_inference_steps {num_inference_steps} are too many: some would change nothing")
        final = 0 if self.to_zero else min(self.training[0], sigmas[-1])
        sigmas = np.append(sigmas[begin:], final).astype(np.float32).astype(np.float64)
        signal = 1 / np.sqrt(sigmas**2 + 1)
        with np.errstate(divide="ignore"):
            log_snr = -np.log(sigmas)
        return Mixtures(
            timesteps[begin:],
            signal.astype(np.float32),
            (sigmas * signal).astype(np.float32),
            log_snr,
            self.prediction_type,
        )
