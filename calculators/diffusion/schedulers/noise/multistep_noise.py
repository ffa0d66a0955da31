"""The noise schedule of the multistep solvers. openvino_genai does not have them, so that it follows diffusers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.diffusers_timesteps import diffusers_multistep_timesteps
from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step
from graphframe.calculators.diffusion.schedulers.noise.flow_sigmas import FlowSigmas
from graphframe.calculators.diffusion.schedulers.noise.sigma_spread import LU, SigmaSpread, timesteps_at
from graphframe.calculators.diffusion.schedulers.noise.sigmas import diffusers_training_sigmas
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing

ZERO, SIGMA_MIN, REPEATED = "zero", "sigma_min", "repeated"
"""The sigma after the last step: 0, the smallest of training, or that before the last step."""


class NoiseLevels(NamedTuple):
    """The noise of a run before each step and after the last one.

    Attributes
    ----------
    timesteps : array of int64, or of float32 for flow-match models, shape (steps,)
    image_weights, noise_weights : array of float32, shape (steps + 1,)
        The weights of the image and of the noise in the sample.
    log_snr : array of float64, shape (steps + 1,)
        Half the logarithm of the signal-to-noise ratio, the variable that the solvers step along.
    prediction_type : str
        The model's prediction: "epsilon", "sample", "v_prediction" or "flow_prediction".
    """

    timesteps: NDArray[Any]
    image_weights: NDArray[np.float32]
    noise_weights: NDArray[np.float32]
    log_snr: NDArray[np.float64]
    prediction_type: str

    @classmethod
    def of_sigmas(cls, timesteps: NDArray[Any], sigmas: NDArray[np.float64], prediction_type: str) -> NoiseLevels:
        """Return the levels for the quotients of both weights, whose squares add up to 1."""
        sigmas = sigmas.astype(np.float32).astype(np.float64)
        signal = 1 / np.sqrt(sigmas**2 + 1)
        with np.errstate(divide="ignore"):
            log_snr = -np.log(sigmas)
        return cls(timesteps, signal.astype(np.float32), (sigmas * signal).astype(np.float32), log_snr, prediction_type)

    @classmethod
    def of_flow(cls, timesteps: NDArray[Any], sigmas: NDArray[np.float64], prediction_type: str) -> NoiseLevels:
        """Return the levels for weights of the noise; both weights add up to 1."""
        weights = sigmas.astype(np.float32)
        exact = weights.astype(np.float64)
        with np.errstate(divide="ignore"):
            log_snr = np.log1p(-exact) - np.log(exact)
        return cls(timesteps, 1 - weights, weights, log_snr, prediction_type)

    def image(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the image that the model predicts, as a new array."""
        if self.prediction_type == "sample":
            return model_output.copy()
        image_weight, noise_weight = self.image_weights[step], self.noise_weights[step]
        image: NDArray[np.float32]
        if self.prediction_type == "epsilon":
            image = (sample - noise_weight * model_output) / image_weight
        elif self.prediction_type == "v_prediction":
            image = image_weight * sample - noise_weight * model_output
        else:
            image = sample - noise_weight * model_output
        return image

    def noise(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the noise that the model predicts, as a new array."""
        if self.prediction_type == "epsilon":
            return model_output.copy()
        image_weight, noise_weight = self.image_weights[step], self.noise_weights[step]
        noise: NDArray[np.float32]
        if self.prediction_type == "v_prediction":
            noise = image_weight * model_output + noise_weight * sample
        else:
            noise = (sample - image_weight * self.image(model_output, step, sample)) / noise_weight
        return noise


@dataclass(frozen=True, slots=True)
class MultistepNoise:
    """The noise schedule.

    Attributes
    ----------
    training : array of float32, shape (num_train_timesteps,)
        The sigma of each timestep of training.
    spacing : TimestepSpacing
        The spacing of timesteps.
    spread : SigmaSpread or None
        The spread of the sigmas, if they are not those of the timesteps.
    flow : FlowSigmas or None
        The schedule of a flow-match model, instead of all these.
    prediction_type : str
        The model's prediction: "epsilon", "sample", "v_prediction" or "flow_prediction".
    final : str
        The sigma after the last step: `ZERO`, `SIGMA_MIN` or `REPEATED`.
    """

    training: NDArray[np.float32]
    spacing: TimestepSpacing
    spread: SigmaSpread | None
    flow: FlowSigmas | None
    prediction_type: str
    final: str

    @classmethod
    def from_config(
        cls,
        config: SchedulerConfig,
        *,
        repeats_spread: bool = False,
        from_one: bool = False,
        spacing: str | None = None,
        can_end_at_zero: bool = True,
        has_lu: bool = False,
    ) -> MultistepNoise:
        """Return the schedule in a config.

        Parameters
        ----------
        config : SchedulerConfig
        repeats_spread : bool, optional
            Whether `SIGMA_MIN` means `REPEATED` for a spread and for flow.
        from_one : bool, optional
            See `FlowSigmas`.
        spacing : str, optional
            The only spacing of timesteps that the solver has.
        can_end_at_zero : bool, optional
            Whether the solver has the field `final_sigmas_type`.
        has_lu : bool, optional
            Whether the solver has the field `use_lu_lambdas`.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `thresholding` must be false.
        """
        config.must_be("thresholding", False)
        spread = SigmaSpread.from_config(config, *([LU] if has_lu else []))
        flow = FlowSigmas.from_config(config, from_one=from_one)
        if spread and flow:
            raise config.error("use_flow_sigmas", f"and {spread.kind} are true; set one of them to false")
        final = config.choice("final_sigmas_type", ZERO, ZERO, SIGMA_MIN) if can_end_at_zero else SIGMA_MIN
        if final == SIGMA_MIN and repeats_spread and (spread or flow):
            final = REPEATED
        spaced = {} if spacing is None else {"timestep_spacing": spacing}
        predictions = ("epsilon", "sample", "v_prediction", *(["flow_prediction"] if flow else []))
        return cls(
            diffusers_training_sigmas(config),
            TimestepSpacing.from_config(config.with_fields(spaced), "linspace"),
            spread,
            flow,
            config.choice("prediction_type", "epsilon", *predictions),
            final,
        )

    @property
    def to_zero(self) -> bool:
        """Whether no noise remains after the last step."""
        return self.final == ZERO

    def levels(self, num_inference_steps: int, strength: float, image_seq_len: int | None = None) -> NoiseLevels:
        """Return the noise of a run.

        Raises
        ------
        ValueError
            If the number of steps or the strength is out of range.
        """
        timesteps, sigmas = self._steps(num_inference_steps, image_seq_len)
        begin = first_step(num_inference_steps, num_inference_steps, strength, partial_step=self.flow is not None)
        if (np.diff(sigmas) >= 0).any():
            raise ValueError(
                f"num_inference_steps {num_inference_steps} is too large for this scheduler: some steps would have the "
                "same noise; use fewer steps"
            )
        final = {ZERO: 0.0, SIGMA_MIN: float(self.training[0]), REPEATED: float(sigmas[-1])}[self.final]
        make = NoiseLevels.of_flow if self.flow else NoiseLevels.of_sigmas
        return make(timesteps[begin:], np.append(sigmas[begin:], final), self.prediction_type)

    def _steps(self, count: int, image_seq_len: int | None) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Return the timesteps of a run without image-to-image, and the sigmas."""
        if self.flow:
            return self.flow.steps(count, image_seq_len)
        timesteps = diffusers_multistep_timesteps(self.spacing, count)
        if self.spread is None:
            return timesteps, self.training[timesteps].astype(np.float64)
        sigmas = self.spread.between(float(self.training[-1]), float(self.training[0]), count)
        exact = timesteps_at(sigmas, self.training)
        return (np.rint(exact) if self.spread.is_rounded else exact).astype(np.int64), sigmas


def order_of_step(step: int, last: int, num_inference_steps: int, order: int, *, lower_order_final: bool) -> int:
    """Return the order of a step of a multistep solver: that of the solver, or less at both ends of a short run."""
    limits = [order, step + 1]
    if lower_order_final and num_inference_steps < 15:
        limits.append(last - step + 1)
    return max(1, min(limits))
