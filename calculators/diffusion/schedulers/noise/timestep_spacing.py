"""The timesteps of training that a run visits, in openvino_genai's arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig


@dataclass(frozen=True, slots=True)
class TimestepSpacing:
    """The spacing of timesteps (table 2 of https://arxiv.org/abs/2305.08891).

    Attributes
    ----------
    kind : str
        "leading", "linspace" or "trailing".
    num_train_timesteps : int
        The number of timesteps in training.
    steps_offset : int
        The number that "leading" adds to each timestep.
    """

    kind: str
    num_train_timesteps: int
    steps_offset: int

    @classmethod
    def from_config(cls, config: SchedulerConfig, default: str = "leading") -> TimestepSpacing:
        """Return the spacing in a config. Raise ValueError for fields that are not valid.

        Parameters
        ----------
        config : SchedulerConfig
        default : str
            The scheduler's default for `timestep_spacing`.
        """
        return cls(
            kind=config.choice("timestep_spacing", default, "leading", "linspace", "trailing"),
            num_train_timesteps=config.integer("num_train_timesteps", 1000, minimum=1),
            steps_offset=config.integer("steps_offset", 0, minimum=0),
        )

    def stride(self, num_inference_steps: int) -> int:
        """Return the distance of two timesteps, rounded down.

        Raises
        ------
        ValueError
            If `num_inference_steps` is not in 1 ... num_train_timesteps.
        """
        check_num_inference_steps(num_inference_steps, self.num_train_timesteps)
        return self.num_train_timesteps // num_inference_steps

    def timesteps(self, num_inference_steps: int) -> NDArray[np.int64]:
        """Return the timesteps in descending order.

        Returns
        -------
        array of int64, shape (num_inference_steps,)

        Raises
        ------
        ValueError
            If `num_inference_steps` is not in 1 ... num_train_timesteps, or `steps_offset` leads past the last
            timestep.
        """
        stride = self.stride(num_inference_steps)
        if self.kind == "leading":
            timesteps = np.arange(num_inference_steps - 1, -1, -1, dtype=np.int64) * stride + self.steps_offset
            self.check_first(timesteps[0], num_inference_steps)
            return timesteps
        if self.kind == "linspace":
            return _rounded(_linspace(self.num_train_timesteps - 1, num_inference_steps))
        return _rounded(_countdown(self.num_train_timesteps, num_inference_steps)) - 1

    def check_first(self, timestep: float, num_inference_steps: int) -> None:
        """Raise ValueError if the first timestep, with `steps_offset`, is past the last timestep of training."""
        if timestep >= self.num_train_timesteps:
            raise ValueError(
                f"num_inference_steps {num_inference_steps} with the scheduler's steps_offset {self.steps_offset} "
                f"starts past the last of {self.num_train_timesteps} timesteps; use fewer steps"
            )


def check_num_inference_steps(num_inference_steps: int, num_train_timesteps: int) -> None:
    """Raise ValueError if the number of steps is not in 1 ... num_train_timesteps."""
    if not 1 <= num_inference_steps <= num_train_timesteps:
        raise ValueError(f"num_inference_steps must be between 1 and {num_train_timesteps}, not {num_inference_steps}")


def _linspace(last: int, count: int) -> NDArray[np.float32]:
    """Return `count` numbers from `last` down to 0, or 0 alone if `count` is 1."""
    numbers = np.arange(count - 1, -1, -1, dtype=np.float32) * (np.float32(last) / np.float32(max(count - 1, 1)))
    if count > 1:
        numbers[0] = last
    return numbers


def _countdown(start: int, count: int) -> NDArray[np.float32]:
    """Return `count` numbers from `start` down in equal steps, where one more step would reach 0.

    NOTE: each number is subtracted from the one before in float32, as in openvino_genai, because this decides how
    halves are rounded. But openvino_genai continues until nothing remains, so that rounding errors give it an
    additional step at timestep -1 for 46 % of all counts (9, 11, 12, 18, ...). diffusers has the same error at other
    counts (61, 103,
    ...).
    """
    parts = np.full(count, np.float32(start) / np.float32(count))
    parts[0] = start
    return np.subtract.accumulate(parts)


def _rounded(numbers: NDArray[np.float32]) -> NDArray[np.int64]:
    """Round halves up, as C++ does for positive numbers; NumPy would round them to even."""
    return np.floor(numbers.astype(np.float64) + 0.5).astype(np.int64)
