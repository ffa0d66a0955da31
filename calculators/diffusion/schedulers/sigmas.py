"""What the Euler schedulers share: a picture with noise of standard deviation sigma added to it, not mixed in.

It is the form of https://arxiv.org/abs/2206.00364, in openvino_genai's mixture of float32 and float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calculators.diffusion.schedulers.config import SchedulerConfig
from calculators.diffusion.schedulers.noise_schedule import BetaRange, cumulative_alphas, with_zero_terminal_snr


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
        alphas[-1] = 2.0**-24  # where nothing is left of the picture, sigma would be infinite
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
