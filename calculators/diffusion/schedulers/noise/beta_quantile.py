"""The quantiles of symmetric beta distributions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_TERMS = 60
_HALVINGS = 60


def beta_quantile(probabilities: NDArray[np.float64], shape: float) -> NDArray[np.float64]:
    """Return the quantiles of the beta distribution whose parameters are both `shape`, to 1e-15.

    Parameters
    ----------
    probabilities : array of float64
        Numbers from 0 to 1.
    shape : float

    Returns
    -------
    array of float64, of the same shape

    Examples
    --------
    >>> beta_quantile(np.array([0.0, 0.25, 0.5, 1.0]), 0.5).round(6).tolist()
    [0.0, 0.146447, 0.5, 1.0]
    """
    lower = np.minimum(probabilities, 1 - probabilities)  # the distribution is symmetric
    low, high = np.zeros_like(lower), np.full_like(lower, 0.5)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_below = _distribution(middle, shape) < lower
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    quantiles = np.where(lower <= 0, 0.0, high)
    return np.where(probabilities <= 0.5, quantiles, 1 - quantiles)


def _distribution(x: NDArray[np.float64], shape: float) -> NDArray[np.float64]:
    """Return the distribution function at x, at most 0.5: a power series (https://dlmf.nist.gov/8.17.E7)."""
    term, total = np.ones_like(x), np.full_like(x, 1 / shape)
    for n in range(1, _TERMS):
        term = term * x * ((n - shape) / n)
        total = total + term / (shape + n)
    return np.asarray(x**shape * total * (math.gamma(2 * shape) / math.gamma(shape) ** 2))
