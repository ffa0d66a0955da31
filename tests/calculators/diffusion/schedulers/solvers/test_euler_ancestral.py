from itertools import pairwise

import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.solvers.euler_ancestral import EulerAncestralDiscreteScheduler
from tests.calculators.diffusion.schedulers.toy_run import ALPHAS_CUMPROD, toy_config, toy_run


@pytest.mark.parametrize(
    ("fields", "sigma", "sample"),
    [
        ({}, 2.0561297, [-1.492613, -0.965946, 2.4361]),
        ({"steps_offset": 1}, 2.2568955, [-1.543042, -1.147584, 2.554567]),
        ({"timestep_spacing": "trailing"}, 2.9301751, [-1.750382, -1.761793, 2.884472]),
        ({"prediction_type": "v_prediction"}, 2.0561297, [-0.158901, -0.685736, 0.618109]),
        ({"rescale_betas_zero_snr": True}, 4.1342177, [-2.791864, -1.395532, 3.939082]),
        (
            {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing", "prediction_type": "v_prediction"},
            4096,
            [0.289147, -0.826909, 0.063464],
        ),
    ],
)
def test_ends_where_diffusers_does(fields: dict[str, object], sigma: float, sample: list[float]) -> None:
    run = toy_run(EulerAncestralDiscreteScheduler.factory(toy_config(**fields)))
    assert run.init_noise_sigma == pytest.approx(sigma, rel=1e-6)
    # sigmas of 4096 leave few digits to the image
    np.testing.assert_allclose(run.last.sample, sample, rtol=1e-5, atol=5e-4 if sigma == 4096 else 2e-6)
    np.testing.assert_allclose(run.last.denoised, run.last.sample, atol=5e-4 if sigma == 4096 else 2e-6)


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
def test_with_a_perfect_model_the_noise_has_the_deviation_aimed_at(prediction_type: str) -> None:
    generator = np.random.default_rng(0)
    scheduler = EulerAncestralDiscreteScheduler.factory(toy_config(prediction_type=prediction_type))(4)
    sigmas = [*np.sqrt(1 / ALPHAS_CUMPROD[[15, 10, 5, 0]] - 1).astype(np.float32), np.float32(0)]
    image = np.full(20_000, 0.5, np.float32)
    sample = image + sigmas[0] * generator.standard_normal(image.shape, np.float32)
    for step, (sigma, arrival) in enumerate(pairwise(sigmas)):
        noise = (sample - image) / sigma
        output = noise if prediction_type == "epsilon" else (noise - sigma * image) / np.sqrt(1 + sigma**2)
        before = sample
        sample, denoised = scheduler.step(
            output, step, sample, lambda shape: generator.standard_normal(shape, np.float32)
        )
        assert sample.dtype == denoised.dtype == np.float32
        np.testing.assert_allclose(denoised, image, atol=1e-5)
        assert (sample - image).std() == pytest.approx(arrival, rel=0.02, abs=1e-6)
        if arrival > 0:
            assert np.corrcoef(before, sample)[0, 1] < 0.9  # part of the noise is fresh


def test_draws_noise_at_every_step_for_the_whole_batch() -> None:
    scheduler = EulerAncestralDiscreteScheduler.factory(toy_config())(3)
    drawn = []

    def randn(shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        drawn.append(shape)
        return np.zeros(shape, np.float32)

    sample = np.ones((2, 4, 2, 2), np.float32)
    for step in range(3):
        sample = scheduler.step(sample, step, sample, randn).sample
    assert drawn == [(2, 4, 2, 2)] * 3


def test_scales_the_models_input() -> None:
    scheduler = EulerAncestralDiscreteScheduler.factory(toy_config())(4)
    sigma = np.sqrt(1 / ALPHAS_CUMPROD[10] - 1)
    np.testing.assert_allclose(
        scheduler.scale_model_input(np.array([2.0], np.float32), 1), [2 / np.sqrt(sigma**2 + 1)], rtol=1e-5
    )


def test_refuses_a_model_that_predicts_the_image() -> None:
    with pytest.raises(ValueError, match=r"prediction_type is 'sample'.* epsilon, v_prediction"):
        EulerAncestralDiscreteScheduler.factory(SchedulerConfig({"prediction_type": "sample"}))
