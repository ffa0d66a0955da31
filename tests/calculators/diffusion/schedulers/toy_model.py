"""A model of one line, which schedulers of any library can step with."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

NOISE = np.array([[[-1.5, 0.25, 2.0], [0.75, -0.5, 1.0]]], np.float32)
"""What a run starts from, of a shape that diffusers' solvers take."""

PICTURE = np.array([[[0.5, -0.25, 1.5], [-2.0, 0.0, 0.75]]], np.float32)
"""What image-to-image starts from."""

FRESH_NOISE = np.array([[[0.5, -1.0, 0.25], [-0.25, 1.5, -0.75]]], np.float32)
"""What stochastic steps add."""


def toy_model(sample: NDArray[np.float32], timestep: float) -> NDArray[np.float32]:
    """What the model says of a sample, in float32."""
    return sample * np.float32(0.3) + np.float32(0.5 * math.sin(timestep / 100))
