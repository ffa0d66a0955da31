import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.solvers.pndm import PNDMScheduler
from tests.calculators.diffusion.schedulers.toy_run import ALPHAS_CUMPROD, no_noise, toy_config, toy_run

IMAGE = np.array([[0.5, -2.0], [1.25, 0.0]], np.float32)
NOISE = np.array([[1.0, 0.5], [-0.75, 2.0]], np.float32)


@pytest.mark.parametrize(
    ("fields", "timesteps", "sample"),
    [
        ({}, [15, 10, 10, 5, 0], [-2.202547, 0.239076, 2.680698]),
        ({"steps_offset": 1}, [16, 11, 11, 6, 1], [-2.357244, 0.240127, 2.837497]),
        ({"set_alpha_to_one": True}, [15, 10, 10, 5, 0], [-2.149167, 0.235968, 2.621103]),
        ({"timestep_spacing": "linspace"}, [19, 13, 13, 6, 0], [-2.628096, 0.242766, 3.113629]),
        ({"timestep_spacing": "trailing"}, [19, 14, 14, 9, 4], [-2.974082, 0.232087, 3.438257]),
        ({"prediction_type": "v_prediction"}, [15, 10, 10, 5, 0], [-1.006795, 0.108862, 1.224519]),
    ],
)
def test_ends_where_diffusers_does(fields: dict[str, object], timesteps: list[int], sample: list[float]) -> None:
    run = toy_run(PNDMScheduler.factory(toy_config(skip_prk_steps=True, **fields)))
    assert run.timesteps == timesteps
    assert run.init_noise_sigma == 1
    np.testing.assert_allclose(run.last.sample, sample, atol=2e-6)
    assert run.last.denoised is run.last.sample


def test_with_a_perfect_model_only_the_mixture_changes() -> None:
    scheduler = PNDMScheduler.factory(toy_config(skip_prk_steps=True))(4)
    levels = [(np.sqrt(alpha), np.sqrt(1 - alpha)) for alpha in ALPHAS_CUMPROD[[15, 10, 10, 5, 0, 0]]]
    sample = (levels[0][0] * IMAGE + levels[0][1] * NOISE).astype(np.float32)
    for step, (signal, sigma) in enumerate(levels[1:]):
        sample, denoised = scheduler.step(NOISE, step, sample, no_noise)
        assert sample.dtype == denoised.dtype == np.float32
        np.testing.assert_allclose(sample, signal * IMAGE + sigma * NOISE, atol=1e-5)
        np.testing.assert_allclose(denoised, sample if step == 4 else IMAGE, atol=1e-5)


def test_a_single_step_is_not_repeated() -> None:
    assert PNDMScheduler.factory(toy_config(skip_prk_steps=True))(1).timesteps.tolist() == [0]


def test_two_steps() -> None:
    assert PNDMScheduler.factory(toy_config(skip_prk_steps=True))(2).timesteps.tolist() == [10, 0, 0]


def test_leaves_what_it_is_given_as_it_was_and_does_not_depend_on_it_later() -> None:
    scheduler = PNDMScheduler.factory(toy_config(skip_prk_steps=True))(4)
    other = PNDMScheduler.factory(toy_config(skip_prk_steps=True))(4)
    sample, output = IMAGE.copy(), NOISE.copy()
    first = scheduler.step(output, 0, sample, no_noise)
    assert (sample == IMAGE).all()
    assert (output == NOISE).all()
    sample[:] = output[:] = 7
    expected = other.step(NOISE, 0, IMAGE, no_noise)
    assert (
        scheduler.step(NOISE, 1, first.sample, no_noise).sample
        == other.step(NOISE, 1, expected.sample, no_noise).sample
    ).all()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "skip_prk_steps is false by default, which is not supported; set it to true"),
        ({"skip_prk_steps": False}, "skip_prk_steps is false"),
        ({"skip_prk_steps": True, "prediction_type": "sample"}, "prediction_type is 'sample'.* epsilon, v_prediction"),
    ],
)
def test_refuses(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PNDMScheduler.factory(SchedulerConfig(fields))
