"""Which of the timesteps of training a run visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig


@dataclass(frozen=True, slots=True)
class TimestepSpacing:
    """The fields that say how the timesteps are spread (table 2 of https://arxiv.org/abs/2305.08891).

    Attributes
    ----------
    kind
        "leading", "linspace" or "trailing".
    num_train_timesteps
        Number of timesteps in training.
    steps_offset
        What "leading" adds to each.
    """

    kind: str
    num_train_timesteps: int
    steps_offset: int

    @classmethod
    def from_config(cls, config: SchedulerConfig) -> TimestepSpacing:
        """Read the fields. Raises ValueError for what they cannot be."""
        return cls(
            kind=config.choice("timestep_spacing", "leading", "leading", "linspace", "trailing"),
            num_train_timesteps=config.integer("num_train_timesteps", 1000, minimum=1),
            steps_offset=config.integer("steps_offset", 0, minimum=0),
        )

    def stride(self, num_inference_steps: int) -> int:
        """Return how far apart two timesteps are, rounded down.

        Raises
        ------
        ValueError
            If `num_inference_steps` is not in 1 ... num_train_timesteps.
        """
        check_num_inference_steps(num_inference_steps, self.num_train_timesteps)
        return self.num_train_timesteps // num_inference_steps

    def timesteps(self, num_inference_steps: int) -> NDArray[np.int64]:
        """Return the timesteps, from the noisiest down: int64, shape (num_inference_steps,).

        Raises
        ------
        ValueError
            If `num_inference_steps` is not in 1 ... num_train_timesteps, or `steps_offset` leads past the last of them.
        """
        stride = self.stride(num_inference_steps)
        if self.kind == "leading":
            timesteps = np.arange(num_inference_steps - 1, -1, -1, dtype=np.int64) * stride + self.steps_offset
            if timesteps[0] >= self.num_train_timesteps:
                raise ValueError(
                    f"num_inference_steps {num_inference_steps} with the scheduler's steps_offset {self.steps_offset} "
                    f"starts past the last of {self.num_train_timesteps} timesteps; use fewer steps"
                )
            return timesteps
        if self.kind == "linspace":
            return _rounded(_linspace(self.num_train_timesteps - 1, num_inference_steps))
        return _rounded(_countdown(self.num_train_timesteps, num_inference_steps)) - 1


def check_num_inference_steps(num_inference_steps: int, num_train_timesteps: int) -> None:
    """Raise ValueError unless a run can have so many steps."""
    if not 1 <= num_inference_steps <= num_train_timesteps:
        raise ValueError(f"num_inference_steps must be between 1 and {num_train_timesteps}, not {num_inference_steps}")


def _linspace(last: int, count: int) -> NDArray[np.float32]:
    """Return `count` numbers from `last` down to 0; only 0 if there is but one."""
    numbers = np.arange(count - 1, -1, -1, dtype=np.float32) * (np.float32(last) / np.float32(max(count - 1, 1)))
    if count > 1:
        numbers[0] = last
    return numbers


def _countdown(start: int, count: int) -> NDArray[np.float32]:
    """Return `start` and what is left of it after each of `count` - 1 equal parts is taken away.

    NOTE: one part after the other, in float32, as openvino_genai does, since that decides how halves are rounded. But
    openvino_genai goes on while anything is left, so that rounding errors give it a step too many, at timestep -1, for
    46 % of all counts (9, 11, 12, 18, ...); diffusers has the same fault at other counts (61, 103, ...).
    """
    parts = np.full(count, np.float32(start) / np.float32(count))
    parts[0] = start
    return np.subtract.accumulate(parts)


def _rounded(numbers: NDArray[np.float32]) -> NDArray[np.int64]:
    """Round halves up, as C++ does with positive numbers; numpy would round them to even."""
    return np.floor(numbers.astype(np.float64) + 0.5).astype(np.int64)
