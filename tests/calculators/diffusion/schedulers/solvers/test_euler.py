from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.solvers.euler import EulerDiscreteScheduler
from tests.calculators.diffusion.schedulers.runs_of_diffusers import cases, check
from tests.calculators.diffusion.schedulers.toy_run import ALPHAS_CUMPROD, no_noise, toy_config, toy_run


@pytest.mark.parametrize(
    ("fields", "sigma", "sample", "denoised"),
    [
        ({}, 2.0561297, [-2.266702, 0.195776, 2.658254], None),
        ({"steps_offset": 1}, 2.2568955, [-2.439905, 0.1912, 2.822305], None),
        ({"timestep_spacing": "trailing"}, 2.9301751, [-2.998478, 0.136249, 3.270977], None),
        ({"prediction_type": "v_prediction"}, 2.0561297, [-0.971701, 0.079082, 1.129865], None),
        ({"prediction_type": "sample"}, 2.0561297, [-0.120134, 0.047153, 0.21444], None),
        (
            {"final_sigmas_type": "sigma_min"},
            2.0561297,
            [-2.336806, 0.201831, 2.740468],
            [-2.266702, 0.195776, 2.658254],
        ),
        (
            {"interpolation_type": "log_linear", "final_sigmas_type": "sigma_min"},
            3.0961146,
            [-3.246266, 0.226391, 3.699048],
            [-3.147098, 0.219475, 3.586048],
        ),
        ({"rescale_betas_zero_snr": True}, 4.1342177, [-4.024235, 0.234513, 4.493261], None),
        (
            {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing", "prediction_type": "v_prediction"},
            4096,
            [-0.741413, 0.000715, 0.742935],
            None,
        ),
    ],
)
def test_ends_where_diffusers_does(
    fields: dict[str, object], sigma: float, sample: list[float], denoised: list[float] | None
) -> None:
    run = toy_run(EulerDiscreteScheduler.factory(toy_config(**fields)))
    assert run.init_noise_sigma == pytest.approx(sigma, rel=1e-6)
    # sigmas of 4096 leave few digits to the image
    tolerance = 5e-4 if sigma == 4096 else 2e-6
    np.testing.assert_allclose(run.last.sample, sample, rtol=1e-5, atol=tolerance)
    np.testing.assert_allclose(run.last.denoised, denoised or sample, rtol=1e-5, atol=tolerance)


@cases("EulerDiscreteScheduler")
def test_with_a_spread_of_sigmas_steps_as_diffusers_does(fields: dict[str, Any], expected: NDArray[np.float32]) -> None:
    check("EulerDiscreteScheduler", fields, expected)


@pytest.mark.parametrize(
    ("spacing", "timesteps"),
    [("leading", [15, 10, 5, 0]), ("linspace", [19, 13, 6, 0]), ("trailing", [19, 14, 9, 4])],
)
def test_a_sample_of_its_initial_sigma_is_scaled_to_unit_variance(spacing: str, timesteps: list[int]) -> None:
    scheduler = EulerDiscreteScheduler.factory(toy_config(timestep_spacing=spacing))(4)
    assert scheduler.timesteps.tolist() == timesteps
    sigma = np.sqrt(1 / ALPHAS_CUMPROD[timesteps[0]] - 1)
    sample = np.array([1.0, -0.5], np.float32)
    np.testing.assert_allclose(scheduler.scale_model_input(sample, 0), sample / np.sqrt(sigma**2 + 1), rtol=1e-5)
    assert sample.tolist() == [1.0, -0.5]


@pytest.mark.parametrize("prediction_type", ["epsilon", "sample", "v_prediction"])
def test_with_a_perfect_model_only_the_noise_shrinks(prediction_type: str) -> None:
    image = np.array([[0.5, -2.0], [1.25, 0.0]], np.float32)
    noise = np.array([[1.0, 0.5], [-0.75, 2.0]], np.float32)
    scheduler = EulerDiscreteScheduler.factory(toy_config(prediction_type=prediction_type))(4)
    sigmas = [*np.sqrt(1 / ALPHAS_CUMPROD[[15, 10, 5, 0]] - 1).astype(np.float32), np.float32(0)]
    sample = image + sigmas[0] * noise
    for step, (sigma, arrival) in enumerate(pairwise(sigmas)):
        v = (noise - sigma * image) / np.sqrt(1 + sigma**2)
        output = {"epsilon": noise, "sample": image, "v_prediction": v}[prediction_type]
        sample, denoised = scheduler.step(output, step, sample, no_noise)
        assert sample.dtype == denoised.dtype == np.float32
        np.testing.assert_allclose(sample, image + arrival * noise, atol=1e-5)
        np.testing.assert_allclose(denoised, image, atol=1e-5)


def test_runs_share_nothing() -> None:
    factory = EulerDiscreteScheduler.factory(toy_config())
    alone, first, second = factory(4), factory(4), factory(4)
    sample = np.array([1.0, -0.5], np.float32)
    for step in range(4):
        assert (
            alone.step(sample, step, sample, no_noise).sample == first.step(sample, step, sample, no_noise).sample
        ).all()
        second.step(sample * 2, step, sample, no_noise)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"use_karras_sigmas": True, "use_beta_sigmas": True}, "use_beta_sigmas and use_karras_sigmas are true"),
        ({"interpolation_type": "cubic"}, "interpolation_type is 'cubic'"),
        ({"final_sigmas_type": "one"}, "final_sigmas_type is 'one'"),
        ({"timestep_type": "continuous", "prediction_type": "v_prediction"}, "timestep_type is 'continuous'"),
    ],
)
def test_refuses(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EulerDiscreteScheduler.factory(SchedulerConfig(fields))
