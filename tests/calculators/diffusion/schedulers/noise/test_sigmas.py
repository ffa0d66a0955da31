import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.sigmas import (
    diffusers_training_sigmas,
    predicted_image,
    scaled_to_unit_variance,
    training_sigmas,
)
from tests.calculators.diffusion.schedulers.toy_run import ALPHAS_CUMPROD, toy_config

IMAGE = np.array([0.5, -2.0, 1.25, 0.0], np.float32)
NOISE = np.array([1.0, 0.5, -0.75, 2.0], np.float32)
SIGMA = np.float32(3)


def test_training_sigmas_are_noise_over_image() -> None:
    sigmas = training_sigmas(toy_config(), beta_schedule="linear")
    assert sigmas.dtype == np.float32
    np.testing.assert_allclose(sigmas, np.sqrt(1 / ALPHAS_CUMPROD - 1), rtol=1e-5)


def test_stable_diffusion_begins_at_its_known_sigma() -> None:
    fields = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    sigmas = training_sigmas(SchedulerConfig(fields), beta_schedule="linear")
    assert sigmas[0] == pytest.approx(0.0292, abs=1e-4)
    assert sigmas[-1] == pytest.approx(14.61, abs=0.05)


def test_the_default_schedule_is_the_callers() -> None:
    linear, scaled = (training_sigmas(SchedulerConfig({}), beta_schedule=name) for name in ("linear", "scaled_linear"))
    assert linear[-1] > 100 > scaled[-1]


def test_zero_terminal_snr_ends_at_4096() -> None:
    sigmas = training_sigmas(toy_config(rescale_betas_zero_snr=True), beta_schedule="linear")
    assert sigmas[-1] == pytest.approx(4096)
    assert sigmas[0] == pytest.approx(np.sqrt(1 / ALPHAS_CUMPROD[0] - 1), rel=1e-5)


def test_diffusers_training_sigmas_go_on_to_the_last_beta() -> None:
    sigmas = diffusers_training_sigmas(toy_config())
    assert sigmas.dtype == np.float32
    np.testing.assert_allclose(sigmas, np.sqrt(1 / ALPHAS_CUMPROD - 1), rtol=1e-6)
    fields = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    sigmas = diffusers_training_sigmas(SchedulerConfig(fields))
    np.testing.assert_allclose(sigmas[[0, -1]], [0.02916753, 14.614647], rtol=1e-6)  # as in diffusers
    assert diffusers_training_sigmas(SchedulerConfig({**fields, "rescale_betas_zero_snr": True}))[-1] == pytest.approx(
        4096
    )


def test_scaled_to_unit_variance() -> None:
    rng = np.random.default_rng(0)
    sample = rng.standard_normal(20_000, np.float32) + SIGMA * rng.standard_normal(20_000, np.float32)
    scaled = scaled_to_unit_variance(sample, SIGMA)
    assert scaled.dtype == np.float32
    assert scaled.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("prediction_type", ["epsilon", "sample", "v_prediction"])
def test_a_perfect_model_predicts_the_image(prediction_type: str) -> None:
    scale = np.sqrt(SIGMA**2 + 1)  # the model knows the sample divided by this: signal 1 / scale, noise sigma / scale
    outputs = {"epsilon": NOISE, "sample": IMAGE, "v_prediction": (NOISE - SIGMA * IMAGE) / scale}
    image = predicted_image(prediction_type, outputs[prediction_type], IMAGE + SIGMA * NOISE, SIGMA)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, IMAGE, atol=1e-6)


# The bits of openvino_genai's results depend on where float64 is rounded to float32.


def test_scaling_rounds_once_from_float64() -> None:
    sample = np.random.default_rng(0).standard_normal(1000, np.float32)
    expected = [np.float32(value / (float(SIGMA) ** 2 + 1) ** 0.5) for value in sample.tolist()]
    assert scaled_to_unit_variance(sample, SIGMA).tolist() == expected


def test_v_prediction_rounds_once_from_float64() -> None:
    rng = np.random.default_rng(0)
    output, sample = rng.standard_normal((2, 1000), np.float32)
    variance = float(SIGMA) ** 2 + 1
    expected = [
        np.float32(v * (-float(SIGMA) / variance**0.5) + x / variance)
        for v, x in zip(output.tolist(), sample.tolist(), strict=True)
    ]
    assert predicted_image("v_prediction", output, sample, SIGMA).tolist() == expected
