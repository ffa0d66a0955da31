import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.multistep import MultistepNoise
from tests.calculators.diffusion.schedulers.toy_run import ALPHAS_CUMPROD, toy_config

PICTURE = np.array([0.5, -2.0, 1.25], np.float32)
NOISE = np.array([1.0, 0.5, -0.75], np.float32)


def test_the_shares_are_those_of_the_timesteps() -> None:
    mixtures = MultistepNoise.from_config(toy_config(timestep_spacing="trailing")).mixtures(4, 1.0)
    assert mixtures.timesteps.tolist() == [19, 14, 9, 4]
    alphas = np.array([*ALPHAS_CUMPROD[[19, 14, 9, 4]], 1])
    np.testing.assert_allclose(mixtures.signal, np.sqrt(alphas), rtol=1e-6)
    np.testing.assert_allclose(mixtures.noise, np.sqrt(1 - alphas), rtol=1e-6)
    np.testing.assert_allclose(mixtures.log_snr[:-1], np.log(alphas[:-1] / (1 - alphas[:-1])) / 2, rtol=1e-5)
    assert mixtures.log_snr[-1] == np.inf


def test_image_to_image_takes_the_last_of_them() -> None:
    noise = MultistepNoise.from_config(toy_config(timestep_spacing="trailing"))
    assert noise.mixtures(4, 0.5).timesteps.tolist() == [9, 4]
    assert noise.mixtures(4, 0.5).signal.tolist() == noise.mixtures(4, 1.0).signal[2:].tolist()


@pytest.mark.parametrize("prediction_type", ["epsilon", "sample", "v_prediction"])
def test_a_model_that_is_right_sees_the_picture(prediction_type: str) -> None:
    mixtures = MultistepNoise.from_config(toy_config(prediction_type=prediction_type)).mixtures(4, 1.0)
    sample = mixtures.mix(PICTURE, NOISE, 1)
    v = mixtures.signal[1] * NOISE - mixtures.noise[1] * PICTURE
    output = {"epsilon": NOISE, "sample": PICTURE, "v_prediction": v}[prediction_type]
    seen = mixtures.picture(output, 1, sample)
    assert seen.dtype == np.float32
    assert seen is not output
    np.testing.assert_allclose(seen, PICTURE, atol=1e-6)


def test_more_steps_than_can_be_told_apart() -> None:
    with pytest.raises(ValueError, match="num_inference_steps 1000 are too many: some would change nothing"):
        MultistepNoise.from_config(SchedulerConfig({"timestep_spacing": "leading"})).mixtures(1000, 1.0)
