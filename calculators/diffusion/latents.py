"""The output of denoising."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Latents:
    """The latents of a request's images.

    Attributes
    ----------
    samples : array of float32, shape (n, channels, height, width)
        The latents as the denoiser returns them: the decoder divides them by its ``scaling_factor``.
    """

    samples: NDArray[np.float32]
