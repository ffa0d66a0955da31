import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.solvers.ddim import DDIMScheduler
from tests.calculators.diffusion.schedulers.toy_run import ALPHAS_CUMPROD, no_noise, toy_config, toy_run

IMAGE = np.array([[0.5, -2.0], [1.25, 0.0]], np.float32)
NOISE = np.array([[1.0, 0.5], [-0.75, 2.0]], np.float32)


@pytest.mark.parametrize(
    ("fields", "timesteps", "sample"),
    [
        ({}, [15, 10, 5, 0], [-2.266702, 0.195776, 2.658254]),
        ({"steps_offset": 1}, [16, 11, 6, 1], [-2.439905, 0.1912, 2.822305]),
        ({"set_alpha_to_one": False}, [15, 10, 5, 0], [-2.325093, 0.200819, 2.726731]),
        ({"timestep_spacing": "linspace"}, [19, 13, 6, 0], [-2.857026, 0.181185, 3.219395]),
        ({"timestep_spacing": "trailing"}, [19, 14, 9, 4], [-3.150641, 0.16161, 3.473861]),
        ({"prediction_type": "v_prediction"}, [15, 10, 5, 0], [-0.971701, 0.079082, 1.129865]),
        ({"prediction_type": "sample"}, [15, 10, 5, 0], [-0.120134, 0.047153, 0.21444]),
        ({"rescale_betas_zero_snr": True}, [15, 10, 5, 0], [-4.024236, 0.234513, 4.493261]),
        (
            {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing", "prediction_type": "v_prediction"},
            [19, 14, 9, 4],
            [-0.741374, 0.00067, 0.742715],
        ),
    ],
)
def test_ends_where_diffusers_does(fields: dict[str, object], timesteps: list[int], sample: list[float]) -> None:
    run = toy_run(DDIMScheduler.factory(toy_config(clip_sample=False, **fields)))
    assert run.timesteps == timesteps
    assert run.init_noise_sigma == 1
    np.testing.assert_allclose(run.last.sample, sample, rtol=1e-5, atol=2e-6)
    assert run.last.denoised is run.last.sample


@pytest.mark.parametrize("prediction_type", ["epsilon", "sample", "v_prediction"])
def test_with_a_perfect_model_only_the_mixture_changes(prediction_type: str) -> None:
    scheduler = DDIMScheduler.factory(toy_config(clip_sample=False, prediction_type=prediction_type))(4)
    levels = [(np.sqrt(alpha), np.sqrt(1 - alpha)) for alpha in (*ALPHAS_CUMPROD[[15, 10, 5, 0]], 1)]
    sample = (levels[0][0] * IMAGE + levels[0][1] * NOISE).astype(np.float32)
    for step, (signal, sigma) in enumerate(levels[:-1]):
        outputs = {"epsilon": NOISE, "sample": IMAGE, "v_prediction": signal * NOISE - sigma * IMAGE}
        output = outputs[prediction_type].astype(np.float32)
        sample, denoised = scheduler.step(output, step, sample, no_noise)
        assert sample.dtype == denoised.dtype == np.float32
        signal, sigma = levels[step + 1]
        np.testing.assert_allclose(sample, signal * IMAGE + sigma * NOISE, atol=1e-5)
        np.testing.assert_allclose(denoised, IMAGE, atol=1e-5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "clip_sample is true by default, which is not supported; set it to false"),
        ({"clip_sample": True}, "clip_sample is true"),
        ({"clip_sample": False, "thresholding": True}, "thresholding is true"),
        ({"clip_sample": False, "prediction_type": "flow"}, "prediction_type is 'flow'"),
        (
            {"clip_sample": False, "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"},
            "rescale_betas_zero_snr is true, which needs prediction_type v_prediction or sample",
        ),
    ],
)
def test_refuses(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DDIMScheduler.factory(SchedulerConfig(fields))
