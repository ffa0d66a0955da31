import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import MultistepNoise
from tests.calculators.diffusion.schedulers.toy_run import ALPHAS_CUMPROD, toy_config

IMAGE = np.array([0.5, -2.0, 1.25], np.float32)
NOISE = np.array([1.0, 0.5, -0.75], np.float32)


def test_the_shares_are_those_of_the_timesteps() -> None:
    levels = MultistepNoise.from_config(toy_config(timestep_spacing="trailing")).levels(4, 1.0)
    assert levels.timesteps.tolist() == [19, 14, 9, 4]
    alphas = np.array([*ALPHAS_CUMPROD[[19, 14, 9, 4]], 1])
    np.testing.assert_allclose(levels.image_weights, np.sqrt(alphas), rtol=1e-6)
    np.testing.assert_allclose(levels.noise_weights, np.sqrt(1 - alphas), rtol=1e-6)
    np.testing.assert_allclose(levels.log_snr[:-1], np.log(alphas[:-1] / (1 - alphas[:-1])) / 2, rtol=1e-5)
    assert levels.log_snr[-1] == np.inf


def test_image_to_image_takes_the_last_of_them() -> None:
    noise = MultistepNoise.from_config(toy_config(timestep_spacing="trailing"))
    assert noise.levels(4, 0.5).timesteps.tolist() == [9, 4]
    assert noise.levels(4, 0.5).image_weights.tolist() == noise.levels(4, 1.0).image_weights[2:].tolist()


@pytest.mark.parametrize("prediction_type", ["epsilon", "sample", "v_prediction"])
def test_a_model_that_is_right_sees_the_image(prediction_type: str) -> None:
    levels = MultistepNoise.from_config(toy_config(prediction_type=prediction_type)).levels(4, 1.0)
    sample = MixedNoise(levels.image_weights, levels.noise_weights).add_noise(IMAGE, NOISE, 1)
    v = levels.image_weights[1] * NOISE - levels.noise_weights[1] * IMAGE
    output = {"epsilon": NOISE, "sample": IMAGE, "v_prediction": v}[prediction_type]
    seen = levels.image(output, 1, sample)
    assert seen.dtype == np.float32
    assert seen is not output
    np.testing.assert_allclose(seen, IMAGE, atol=1e-6)


def test_more_steps_than_there_are_sigmas() -> None:
    with pytest.raises(ValueError, match="num_inference_steps 1000 is too large for this scheduler"):
        MultistepNoise.from_config(SchedulerConfig({"timestep_spacing": "leading"})).levels(1000, 1.0)
