"""Requests with several images, whose results with diffusers are fixtures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.calculators.image.files import gradient, halves

PROMPT, SEED, STEPS = "a red cat", 3, 4

WIDE, TALL, ODD = gradient(96, 64), 255 - gradient(64, 112), halves(75, 90)
REFERENCES: dict[str, tuple[tuple[int, int], list[NDArray[np.uint8]]]] = {
    "one": ((96, 64), [WIDE]),
    "two": ((96, 64), [WIDE, TALL]),
    "three": ((96, 64), [WIDE, TALL, ODD]),
    "other order": ((64, 112), [TALL, WIDE]),
}
"""The size (width, height) of the result, and the images, by a name. The first image has the size of the result."""
