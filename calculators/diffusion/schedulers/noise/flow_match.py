"""The part of the noise at each step of a flow-match model, in openvino_genai's arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig


@dataclass(frozen=True, slots=True)
class DynamicShift:
    """How much larger pictures are shifted towards noise.

    Attributes
    ----------
    base_image_seq_len, max_image_seq_len
        Numbers of image tokens.
    base_shift, max_shift
        What `mu` is at these.
    empirical
        Whether `mu` comes from FLUX.2's formula instead, which also looks at the number of steps.
    """

    base_image_seq_len: int
    max_image_seq_len: int
    base_shift: np.float32
    max_shift: np.float32
    empirical: bool

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> DynamicShift | None:
        """Read the fields; None if `use_dynamic_shifting` is false. Raises ValueError for what they cannot be."""
        # NOTE: in openvino_genai, this is what time_shift_type means, and its default. diffusers has another default,
        # and means by it the form of `exponential_shift`.
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
    """Return what was fitted to FLUX.2 with 10 and with 200 steps, and lies between them with others."""
    with_200 = 0.00016927 * image_seq_len + 0.45666666
    if image_seq_len > 4300:
        return with_200
    with_10 = 8.73809524e-05 * image_seq_len + 1.89833333
    slope = (with_200 - with_10) / 190
    return slope * num_inference_steps + (with_200 - 200 * slope)


@dataclass(frozen=True, slots=True)
class FlowMatchNoise:
    """The fields that say which parts of noise a run visits.

    Attributes
    ----------
    num_train_timesteps
        What the model calls pure noise.
    shift
        How much steps are shifted towards noise, for pictures of any size.
    dynamic
        How much they are for pictures of some size, instead of `shift`; or None.
    shift_terminal
        The part of noise that the last step is stretched to begin with; or None.
    """

    num_train_timesteps: int
    shift: np.float32
    dynamic: DynamicShift | None
    shift_terminal: float | None

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> FlowMatchNoise:
        """Read the fields.

        Raises
        ------
        ValueError
            If a field is wrong or asks for what is not supported: `invert_sigmas`, `stochastic_sampling`,
            `use_karras_sigmas`, `use_exponential_sigmas` and `use_beta_sigmas` must be false.
        """
        spread = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas")
        for field in ("invert_sigmas", "stochastic_sampling", *spread):
            config.must_be(field, False)
        shift_terminal = config.positive("shift_terminal")
        if shift_terminal is not None and shift_terminal >= 1:
            raise config.error("shift_terminal", f"must be below 1, not {shift_terminal:g}")
        return cls(
            config.integer("num_train_timesteps", 1000, minimum=1),
            np.float32(config.positive("shift") or 1),
            DynamicShift.from_config(config),
            shift_terminal,
        )

    def sigmas(self, num_inference_steps: int, image_seq_len: int | None) -> NDArray[np.float32]:
        """Return the part of noise at each step, from 1 down: float32, shape (num_inference_steps,).

        Parameters
        ----------
        num_inference_steps
            At least 1.
        image_seq_len
            Number of image tokens, in the pipelines that spread the steps evenly before they are shifted (FLUX). None
            in those that take them from the range of the scheduler, which is shifted itself (Stable Diffusion 3).

        Raises
        ------
        ValueError
            If the number of steps is not possible, or `image_seq_len` is needed.
        """
        if num_inference_steps < 1:
            raise ValueError(f"num_inference_steps must be at least 1, not {num_inference_steps}")
        if image_seq_len is not None:
            sigmas = self._of_image(image_seq_len, num_inference_steps)
        elif self.dynamic:
            raise ValueError("the scheduler's use_dynamic_shifting is true, which is not supported for this model")
        else:
            sigmas = self._of_range(num_inference_steps)
        if self.shift_terminal is None or num_inference_steps == 1:
            return sigmas
        return _stretched(sigmas, np.float32(self.shift_terminal))

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
    """Return `count` numbers from `start` to `end`; only `start` if there is but one."""
    numbers: NDArray[np.float64] = start + (end - start) / max(count - 1, 1) * np.arange(count, dtype=np.float64)
    if count > 1:
        numbers[-1] = end
    return numbers


def _stretched(sigmas: NDArray[np.float32], terminal: np.float32) -> NDArray[np.float32]:
    """Return the sigmas stretched so that the last is `terminal`."""
    pictures = 1 - sigmas
    return np.asarray(1 - pictures / (pictures[-1] / (1 - terminal)))
