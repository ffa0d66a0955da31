"""The noise schedule of flow-match models, in openvino_genai's arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.sigma_spread import SigmaSpread


@dataclass(frozen=True, slots=True)
class DynamicShift:
    """A shift of the schedule towards noise that depends on the image size.

    Attributes
    ----------
    base_image_seq_len, max_image_seq_len : int
        Two numbers of image tokens.
    base_shift, max_shift : float32
        The values of `mu` for these numbers.
    empirical : bool
        Whether `mu` comes from FLUX.2's formula instead, which also depends on the number of steps.
    """

    base_image_seq_len: int
    max_image_seq_len: int
    base_shift: np.float32
    max_shift: np.float32
    empirical: bool

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> DynamicShift | None:
        """Return the shift in a config, or None if `use_dynamic_shifting` is false.

        Raises
        ------
        ValueError
            If a field is not valid.
        """
        # NOTE: the meaning and the default of time_shift_type are those of openvino_genai. diffusers has another
        # default, and uses the field for the form of `exponential_shift`.
        empirical = config.choice("time_shift_type", "linear", "linear", "exponential") == "exponential"
        if not config.flag("use_dynamic_shifting", False):
            return None
        least = config.integer("base_image_seq_len", 256, minimum=1)
        return cls(
            base_image_seq_len=least,
            max_image_seq_len=config.integer("max_image_seq_len", 4096, minimum=least + 1),
            base_shift=config.number("base_shift", 0.5),
            max_shift=config.number("max_shift", 1.15),
            empirical=empirical,
        )

    def mu(self, image_seq_len: int, num_inference_steps: int) -> float:
        """Return the logarithm of the shift."""
        if self.empirical:
            return _empirical_mu(image_seq_len, num_inference_steps)
        slope = (float(self.max_shift) - float(self.base_shift)) / (self.max_image_seq_len - self.base_image_seq_len)
        return image_seq_len * slope + (float(self.base_shift) - slope * self.base_image_seq_len)


def _empirical_mu(image_seq_len: int, num_inference_steps: int) -> float:
    """Return the value that was fitted to FLUX.2 for 10 and 200 steps, interpolated for other numbers."""
    with_200 = 0.00016927 * image_seq_len + 0.45666666
    if image_seq_len > 4300:
        return with_200
    with_10 = 8.73809524e-05 * image_seq_len + 1.89833333
    slope = (with_200 - with_10) / 190
    return slope * num_inference_steps + (with_200 - 200 * slope)


@dataclass(frozen=True, slots=True)
class FlowMatchNoise:
    """The noise schedule.

    Attributes
    ----------
    num_train_timesteps : int
        The timestep of pure noise.
    shift : float32
        The shift of the schedule towards noise, for images of any size.
    dynamic : DynamicShift or None
        A shift that depends on the image size, instead of `shift`.
    shift_terminal : float or None
        The sigma of the last step, to which the schedule is stretched.
    spread : SigmaSpread or None
        The spread of the sigmas between the first and the last one.
    """

    num_train_timesteps: int
    shift: np.float32
    dynamic: DynamicShift | None
    shift_terminal: float | None
    spread: SigmaSpread | None

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> FlowMatchNoise:
        """Return the schedule in a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `invert_sigmas` must be false.
        """
        config.must_be("invert_sigmas", False)
        shift_terminal = config.positive("shift_terminal")
        if shift_terminal is not None and shift_terminal >= 1:
            raise config.error("shift_terminal", f"must be below 1, not {shift_terminal:g}")
        return cls(
            config.integer("num_train_timesteps", 1000, minimum=1),
            np.float32(config.positive("shift") or 1),
            DynamicShift.from_config(config),
            shift_terminal,
            SigmaSpread.from_config(config),
        )

    def sigmas(self, num_inference_steps: int, image_seq_len: int | None) -> NDArray[np.float32]:
        """Return the weight of the noise before each step, from 1 downwards.

        Parameters
        ----------
        num_inference_steps : int
            The number of steps, at least 1.
        image_seq_len : int or None
            The number of image tokens, for pipelines that spread the steps evenly before the shift (FLUX). None for
            pipelines that spread them over the scheduler's shifted range (Stable Diffusion 3).

        Returns
        -------
        array of float32, shape (num_inference_steps,)

        Raises
        ------
        ValueError
            If the number of steps is out of range, or `image_seq_len` is required.
        """
        if num_inference_steps < 1:
            raise ValueError(f"num_inference_steps must be at least 1, not {num_inference_steps}")
        if image_seq_len is not None:
            sigmas = self._of_image(image_seq_len, num_inference_steps)
        elif self.dynamic:
            raise ValueError("the scheduler's use_dynamic_shifting is true, which is not supported for this model")
        else:
            sigmas = self._of_range(num_inference_steps)
        if self.shift_terminal is not None and num_inference_steps > 1:
            sigmas = _stretched(sigmas, np.float32(self.shift_terminal))
        if self.spread is None:
            return sigmas
        return self.spread.between(float(sigmas[0]), float(sigmas[-1]), num_inference_steps).astype(np.float32)

    def _of_image(self, image_seq_len: int, count: int) -> NDArray[np.float32]:
        sigmas = _linspace(1.0, 1.0 / count, count).astype(np.float32)
        if self.dynamic is None:
            return np.asarray(self.shift * sigmas / (1 + (self.shift - 1) * sigmas))
        exponential = np.float32(math.exp(self.dynamic.mu(image_seq_len, count)))
        return np.asarray(exponential / (exponential + (1 / sigmas - 1)), np.float32)

    def _of_range(self, count: int) -> NDArray[np.float32]:
        shift, train = float(self.shift), self.num_train_timesteps
        ends = np.array([1.0, 1 / train])
        largest, smallest = (shift * ends / (1 + (shift - 1) * ends)).astype(np.float32).astype(np.float64) * train
        sigmas = _linspace(float(largest), float(smallest), count) / train
        return (shift * sigmas / (1 + (shift - 1) * sigmas)).astype(np.float32)


def _linspace(start: float, end: float, count: int) -> NDArray[np.float64]:
    """Return `count` numbers from `start` to `end`, or `start` alone if `count` is 1."""
    numbers: NDArray[np.float64] = start + (end - start) / max(count - 1, 1) * np.arange(count, dtype=np.float64)
    if count > 1:
        numbers[-1] = end
    return numbers


def _stretched(sigmas: NDArray[np.float32], terminal: np.float32) -> NDArray[np.float32]:
    """Return the sigmas, stretched so that the last one is `terminal`."""
    images = 1 - sigmas
    return np.asarray(1 - images / (images[-1] / (1 - terminal)))
