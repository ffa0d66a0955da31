"""A model of one line, for schedulers of any library."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

NOISE = np.array([[[-1.5, 0.25, 2.0], [0.75, -0.5, 1.0]]], np.float32)
"""The initial noise of a run, in a shape that diffusers' solvers take."""

IMAGE = np.array([[[0.5, -0.25, 1.5], [-2.0, 0.0, 0.75]]], np.float32)
"""The initial image of image-to-image."""

FRESH_NOISE = np.array([[[0.5, -1.0, 0.25], [-0.25, 1.5, -0.75]]], np.float32)
"""The noise of stochastic steps."""


def toy_model(sample: NDArray[np.float32], timestep: float) -> NDArray[np.float32]:
    """Return the model's output for a sample, in float32."""
    return sample * np.float32(0.3) + np.float32(0.5 * math.sin(timestep / 100))
