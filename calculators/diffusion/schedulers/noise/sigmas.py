"""Arithmetic of samples that are an image plus noise of standard deviation sigma, as in Euler's and Heun's methods.

The formulas are those of https://arxiv.org/abs/2206.00364, in openvino_genai's mixture of float32 and float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.betas import (
    BetaRange,
    cumulative_alphas,
    diffusers_cumulative_alphas,
    with_zero_terminal_snr,
)

_SMALLEST_VARIANCE = 2.0**-24
"""The variance of the image in pure noise. With 0, sigma would be infinite."""


def training_sigmas(config: SchedulerConfig, *, beta_schedule: str) -> NDArray[np.float32]:
    """Return the sigma of each timestep of training.

    Sigmas are not interpolated, because runs use integer timesteps only. openvino_genai's interpolation gives the same
    bits.

    Parameters
    ----------
    config : SchedulerConfig
        The config with the betas and `rescale_betas_zero_snr`.
    beta_schedule : str
        The scheduler's default for `beta_schedule`.

    Returns
    -------
    array of float32, shape (num_train_timesteps,)

    Raises
    ------
    ValueError
        If one of these fields is not valid.
    """
    betas = BetaRange.from_config(config, schedule=beta_schedule).betas()
    if not config.flag("rescale_betas_zero_snr", False):
        alphas = cumulative_alphas(betas)
    else:
        alphas = cumulative_alphas(with_zero_terminal_snr(betas))
        alphas[-1] = _SMALLEST_VARIANCE
    return _sigmas(alphas)


def diffusers_training_sigmas(
    config: SchedulerConfig, *, beta_schedule: str = "linear", beta_start: float = 0.0001, beta_end: float = 0.02
) -> NDArray[np.float32]:
    """Return the sigma of each timestep of training as in diffusers, where the last beta is `beta_end`.

    Schedulers that openvino_genai does not have use these.

    Parameters
    ----------
    config : SchedulerConfig
        The config with the betas and `rescale_betas_zero_snr`.
    beta_schedule : str
    beta_start, beta_end : float
        The scheduler's defaults for these fields.

    Returns
    -------
    array of float32, shape (num_train_timesteps,)

    Raises
    ------
    ValueError
        If one of these fields is not valid.
    """
    fields = BetaRange.from_config(config, schedule=beta_schedule, start=beta_start, end=beta_end)
    betas = fields.diffusers_betas()
    if not config.flag("rescale_betas_zero_snr", False):
        return _sigmas(diffusers_cumulative_alphas(betas))
    alphas = diffusers_cumulative_alphas(with_zero_terminal_snr(betas, diffusers_cumulative_alphas))
    alphas[-1] = _SMALLEST_VARIANCE
    return _sigmas(alphas)


def _sigmas(alphas: NDArray[np.float32]) -> NDArray[np.float32]:
    sigmas: NDArray[np.float32] = np.sqrt((1 - alphas) / alphas)
    return sigmas


def scaled_to_unit_variance(sample: NDArray[np.float32], sigma: np.float32) -> NDArray[np.float32]:
    """Return the sample scaled to a variance of 1, as the model takes it. The division is in float64."""
    return (sample / np.float64((float(sigma) ** 2 + 1) ** 0.5)).astype(np.float32)


def predicted_image(
    prediction_type: str, model_output: NDArray[np.float32], sample: NDArray[np.float32], sigma: np.float32
) -> NDArray[np.float32]:
    """Return the image that the model predicts: float32, for "v_prediction" computed in float64."""
    if prediction_type == "epsilon":
        return sample - model_output * sigma
    if prediction_type == "sample":
        return model_output
    variance = np.float64(float(sigma) ** 2 + 1)
    image = model_output * np.float64(-float(sigma) / variance**0.5) + sample / variance
    return image.astype(np.float32)
