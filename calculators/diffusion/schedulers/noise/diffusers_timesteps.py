"""The timesteps of a run in diffusers' arithmetic, for schedulers that openvino_genai does not have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import (
    TimestepSpacing,
    check_num_inference_steps,
)


def diffusers_timesteps(spacing: TimestepSpacing, num_inference_steps: int) -> NDArray[np.float64]:
    """Return the timesteps in descending order. "linspace" does not round them.

    Returns
    -------
    array of float64, shape (num_inference_steps,)

    Raises
    ------
    ValueError
        If the number of steps is out of range, or `steps_offset` leads past the last timestep.
    """
    return _first_timesteps(spacing, num_inference_steps, num_inference_steps)


def diffusers_multistep_timesteps(spacing: TimestepSpacing, num_inference_steps: int) -> NDArray[np.int64]:
    """Return the timesteps for multistep solvers, rounded. "linspace" and "leading" omit the last one.

    Returns
    -------
    array of int64, shape (num_inference_steps,)

    Raises
    ------
    ValueError
        If the number of steps is out of range, or `steps_offset` leads past the last timestep.
    """
    count = num_inference_steps + (spacing.kind != "trailing")
    return np.rint(_first_timesteps(spacing, count, num_inference_steps)).astype(np.int64)


def _first_timesteps(spacing: TimestepSpacing, count: int, num_inference_steps: int) -> NDArray[np.float64]:
    """Return the first `num_inference_steps` of `count` timesteps."""
    train = spacing.num_train_timesteps
    check_num_inference_steps(num_inference_steps, train)
    if spacing.kind == "linspace":
        return np.asarray(np.linspace(0, train - 1, count)[::-1][:num_inference_steps])
    if spacing.kind == "trailing":
        countdown = np.arange(train, 0, -train / count)[:count]  # diffusers has one too many at 61, 103 ...
        return np.asarray(np.rint(countdown) - 1)
    timesteps = np.arange(count - 1, -1, -1, dtype=np.float64)[:num_inference_steps] * (train // count)
    timesteps += spacing.steps_offset
    spacing.check_first(timesteps[0], num_inference_steps)
    return timesteps
