"""Which timesteps a run visits, for the schedulers that openvino_genai does not have; `TimestepSpacing` is its way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import check_num_inference_steps


@dataclass(frozen=True, slots=True)
class SpacingOfDiffusers:
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
    def from_config(cls, config: SchedulerConfig) -> SpacingOfDiffusers:
        """Read the fields. Raises ValueError for what they cannot be."""
        return cls(
            kind=config.choice("timestep_spacing", "linspace", "leading", "linspace", "trailing"),
            num_train_timesteps=config.integer("num_train_timesteps", 1000, minimum=1),
            steps_offset=config.integer("steps_offset", 0, minimum=0),
        )

    def timesteps(self, num_inference_steps: int) -> NDArray[np.float64]:
        """Return the timesteps, from the noisiest down: float64, shape (num_inference_steps,); "linspace" rounds none.

        Raises
        ------
        ValueError
            If there are not so many, or `steps_offset` leads past the last of them.
        """
        return self._spread(num_inference_steps, num_inference_steps)

    def timesteps_before_the_last(self, num_inference_steps: int) -> NDArray[np.int64]:
        """Return the timesteps of solvers that arrive where "linspace" and "leading" would have their last one.

        Raises
        ------
        ValueError
            As `timesteps` does.
        """
        count = num_inference_steps + (self.kind != "trailing")
        return np.rint(self._spread(count, num_inference_steps)).astype(np.int64)

    def _spread(self, count: int, num_inference_steps: int) -> NDArray[np.float64]:
        """Return the first `num_inference_steps` of `count` timesteps."""
        train = self.num_train_timesteps
        check_num_inference_steps(num_inference_steps, train)
        if self.kind == "linspace":
            return np.asarray(np.linspace(0, train - 1, count)[::-1][:num_inference_steps])
        if self.kind == "trailing":
            counted_down = np.arange(train, 0, -train / count)[:count]  # at 61, 103 ... diffusers has one too many
            return np.asarray(np.rint(counted_down) - 1)
        timesteps = np.arange(count - 1, -1, -1, dtype=np.float64)[:num_inference_steps] * (train // count)
        if timesteps[0] + self.steps_offset >= train:
            raise ValueError(
                f"num_inference_steps {num_inference_steps} with the scheduler's steps_offset {self.steps_offset} "
                f"starts past the last of {train} timesteps; use fewer steps"
            )
        return timesteps + self.steps_offset
