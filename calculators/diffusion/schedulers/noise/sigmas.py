"""Pictures with noise of standard deviation sigma added to them, not mixed in: what Euler's and Heun's methods step on.

It is the form of https://arxiv.org/abs/2206.00364, in openvino_genai's mixture of float32 and float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.betas import (
    BetaRange,
    cumulative_alphas,
    exact_cumulative_alphas,
    with_zero_terminal_snr,
)

_NEXT_TO_NOTHING = 2.0**-24
"""What is left of the picture's variance in pure noise, since sigma would be infinite."""


def training_sigmas(config: SchedulerConfig, *, beta_schedule: str) -> NDArray[np.float32]:
    """Return the noise at each timestep of training, float32, shape (num_train_timesteps,).

    Runs visit whole timesteps only, so nothing is interpolated: in openvino_genai that comes to the same bits.

    Parameters
    ----------
    config
        Says how the betas rise, and whether they end in pure noise (`rescale_betas_zero_snr`).
    beta_schedule
        Its default for `beta_schedule`.

    Raises
    ------
    ValueError
        If one of these fields is wrong.
    """
    betas = BetaRange.from_config(config, schedule=beta_schedule).betas()
    if not config.flag("rescale_betas_zero_snr", False):
        alphas = cumulative_alphas(betas)
    else:
        alphas = cumulative_alphas(with_zero_terminal_snr(betas))
        alphas[-1] = _NEXT_TO_NOTHING
    return _sigmas(alphas)


def training_sigmas_of_diffusers(
    config: SchedulerConfig, *, beta_schedule: str = "linear", beta_start: float = 0.0001, beta_end: float = 0.02
) -> NDArray[np.float32]:
    """Return the noise at each timestep of training as diffusers has it, for what openvino_genai does not have.

    Other than in `training_sigmas`, the last beta is `beta_end`.

    Parameters
    ----------
    config
        Says how the betas rise, and whether they end in pure noise (`rescale_betas_zero_snr`).
    beta_schedule, beta_start, beta_end
        The scheduler's defaults for these fields.

    Returns
    -------
    float32, shape (num_train_timesteps,)

    Raises
    ------
    ValueError
        If one of these fields is wrong.
    """
    fields = BetaRange.from_config(config, schedule=beta_schedule, start=beta_start, end=beta_end)
    betas = fields.betas_to_the_end()
    if not config.flag("rescale_betas_zero_snr", False):
        return _sigmas(exact_cumulative_alphas(betas))
    alphas = exact_cumulative_alphas(with_zero_terminal_snr(betas, exact_cumulative_alphas))
    alphas[-1] = _NEXT_TO_NOTHING
    return _sigmas(alphas)


def _sigmas(alphas: NDArray[np.float32]) -> NDArray[np.float32]:
    sigmas: NDArray[np.float32] = np.sqrt((1 - alphas) / alphas)
    return sigmas


def scaled_to_unit_variance(sample: NDArray[np.float32], sigma: np.float32) -> NDArray[np.float32]:
    """Return the sample as the model knows it, with a variance of 1. The division is done in float64."""
    return (sample / np.float64((float(sigma) ** 2 + 1) ** 0.5)).astype(np.float32)


def predicted_picture(
    prediction_type: str, model_output: NDArray[np.float32], sample: NDArray[np.float32], sigma: np.float32
) -> NDArray[np.float32]:
    """Return the picture that the model sees in the sample: float32, for "v_prediction" by way of float64."""
    if prediction_type == "epsilon":
        return sample - model_output * sigma
    if prediction_type == "sample":
        return model_output
    variance = np.float64(float(sigma) ** 2 + 1)
    picture = model_output * np.float64(-float(sigma) / variance**0.5) + sample / variance
    return picture.astype(np.float32)
