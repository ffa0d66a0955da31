import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.solvers.lcm import LCMScheduler
from tests.calculators.diffusion.schedulers.toy_run import ALPHAS_CUMPROD, no_noise, toy_config, toy_run


@pytest.mark.parametrize(
    ("fields", "sample"),
    [
        ({}, [-1.296407, -2.240769, 2.201662]),
        ({"clip_sample": True, "clip_sample_range": 0.5}, [0.441791, -0.500064, 0.466001]),
    ],
)
def test_ends_where_diffusers_does(fields: dict[str, object], sample: list[float]) -> None:
    run = toy_run(LCMScheduler.factory(toy_config(original_inference_steps=10, **fields)))
    assert run.timesteps == [19, 15, 9, 5]
    assert run.init_noise_sigma == 1
    np.testing.assert_allclose(run.last.sample, sample, rtol=1e-5)
    assert (run.last.denoised == run.last.sample).all()
    assert run.last.denoised is not run.last.sample


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [999]), (2, [999, 499]), (4, [999, 759, 499, 259]), (8, [999, 879, 759, 639, 499, 379, 259, 139])],
)
def test_timesteps_of_a_thousand(count: int, expected: list[int]) -> None:  # as in diffusers
    timesteps = LCMScheduler.factory(SchedulerConfig({}))(count).timesteps
    assert timesteps.dtype == np.int64
    assert timesteps.tolist() == expected


def test_past_the_original_steps_timesteps_are_repeated() -> None:
    timesteps = LCMScheduler.factory(toy_config(original_inference_steps=2))(4).timesteps
    assert timesteps.tolist() == [19, 19, 9, 9]


def test_the_image_is_renoised_for_the_next_timestep() -> None:
    # so large a scaling makes the boundary condition vanish: what is denoised is the predicted image
    factory = LCMScheduler.factory(toy_config(original_inference_steps=2, timestep_scaling=1e6))
    image = np.array([[0.5, -2.0], [1.25, 0.0]], np.float32)
    noise = np.array([[1.0, 0.5], [-0.75, 2.0]], np.float32)
    fresh = np.array([[0.25, 0.5], [-1.0, 3.0]], np.float32)
    signal, sigma = np.sqrt(ALPHAS_CUMPROD[19]), np.sqrt(1 - ALPHAS_CUMPROD[19])
    scheduler = factory(2)
    step = scheduler.step(noise, 0, (signal * image + sigma * noise).astype(np.float32), lambda shape: fresh)
    assert step.sample.dtype == step.denoised.dtype == np.float32
    np.testing.assert_allclose(step.denoised, image, atol=1e-5)
    signal, sigma = np.sqrt(ALPHAS_CUMPROD[9]), np.sqrt(1 - ALPHAS_CUMPROD[9])
    np.testing.assert_allclose(step.sample, signal * image + sigma * fresh, atol=1e-5)

    last = scheduler.step(fresh, 1, step.sample, no_noise)
    np.testing.assert_allclose(last.sample, image, atol=1e-5)


def test_without_scaling_of_the_timestep_the_sample_is_kept() -> None:
    scheduler = LCMScheduler.factory(toy_config(original_inference_steps=2, timestep_scaling=0))(1)
    sample = np.array([0.5, -2.0], np.float32)
    assert scheduler.step(sample * 3, 0, sample, no_noise).denoised.tolist() == [0.5, -2.0]


@pytest.mark.parametrize(("schedule", "middle"), [("linear", 0.17), ("scaled_linear", 0.1225)])
def test_betas_reach_their_end(schedule: str, middle: float) -> None:
    # 0.04 ... 0.3 linearly, and 0.2 ... 0.5 for the roots; the image's shares are seen by a model that finds no noise
    fields = {"beta_start": 0.04, "beta_end": 0.3 if schedule == "linear" else 0.25, "beta_schedule": schedule}
    config = SchedulerConfig(
        {**fields, "num_train_timesteps": 3, "original_inference_steps": 3, "timestep_scaling": 1e9}
    )
    scheduler = LCMScheduler.factory(config)(3)
    assert scheduler.timesteps.tolist() == [2, 1, 0]
    shares = np.cumprod(1 - np.array([fields["beta_start"], middle, fields["beta_end"]], np.float64))[::-1]
    one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
    images = [scheduler.step(zero, step, one, lambda shape: zero).denoised[0] for step in range(2)]
    np.testing.assert_allclose(images, 1 / np.sqrt(shares[:2]), rtol=1e-5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"thresholding": True}, "thresholding is true, which is not supported; set it to false"),
        ({"rescale_betas_zero_snr": True}, "rescale_betas_zero_snr is true"),
        ({"prediction_type": "flow_prediction"}, "prediction_type is 'flow_prediction'"),
        ({"original_inference_steps": 2000}, "original_inference_steps must not be larger than num_train_timesteps"),
        ({"original_inference_steps": 0}, "original_inference_steps must be an integer of at least 1"),
    ],
)
def test_refuses(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LCMScheduler.factory(SchedulerConfig(fields))


def test_refuses_a_number_of_steps() -> None:
    with pytest.raises(ValueError, match="num_inference_steps must be between 1 and 1000, not 0"):
        LCMScheduler.factory(SchedulerConfig({}))(0)
