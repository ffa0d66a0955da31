"""Rescaling of guided predictions, against overexposed images (section 3.4 of https://arxiv.org/abs/2305.08891)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def std_of_each(predictions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the standard deviation of each image's prediction, with axes of length 1 for the others."""
    axes = tuple(range(1, predictions.ndim))
    return np.asarray(predictions.std(axis=axes, keepdims=True), np.float32)


def rescaled(guided: NDArray[np.float32], std: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    """Return guided predictions whose standard deviation is moved towards another.

    Parameters
    ----------
    guided
        float32, (n, ...): predictions of classifier-free guidance.
    std
        float32, (n, 1, ...): the standard deviations of the predictions with the prompt, without guidance.
    amount : float
        From 0 (as guided) to 1 (`std`).
    """
    factor = std / std_of_each(guided)
    return guided * (np.float32(amount) * factor + np.float32(1 - amount))
