"""What denoising gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Latents:
    """The pictures of one request before they are decoded.

    Attributes
    ----------
    samples
        float32, shape (n, channels, height, width), not scaled: the decoder divides by its ``scaling_factor``.
    """

    samples: NDArray[np.float32]
