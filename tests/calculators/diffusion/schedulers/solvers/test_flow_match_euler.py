from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.solvers.flow_match_euler import FlowMatchEulerDiscreteScheduler
from tests.calculators.diffusion.schedulers.runs_of_diffusers import cases, check
from tests.calculators.diffusion.schedulers.toy_run import no_noise

NAME = FlowMatchEulerDiscreteScheduler.__name__
IMAGE = np.array([[0.5, -2.0], [1.25, 0.0]], np.float32)
NOISE = np.array([[1.0, 0.5], [-0.75, 2.0]], np.float32)


@cases(NAME)
def test_steps_as_diffusers_does(fields: dict[str, Any], expected: NDArray[np.float32]) -> None:
    check(NAME, fields, expected)


def test_the_model_is_told_how_much_noise_there_is() -> None:
    timesteps = FlowMatchEulerDiscreteScheduler.factory(SchedulerConfig({}))(4, image_seq_len=256).timesteps
    assert timesteps.dtype == np.float32
    assert timesteps.tolist() == [1000, 750, 500, 250]


def test_a_model_that_is_right_from_the_start_gets_its_image() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler.factory(SchedulerConfig({"shift": 3.0}))(4)
    assert scheduler.init_noise_sigma == 1
    sample = NOISE
    for step in range(4):
        np.testing.assert_allclose(sample, scheduler.add_noise(IMAGE, NOISE, step), atol=1e-5)
        assert scheduler.scale_model_input(sample, step) is sample
        sample, denoised = scheduler.step(NOISE - IMAGE, step, sample, no_noise)
        np.testing.assert_allclose(denoised, IMAGE, atol=1e-5)
    assert denoised is sample


@pytest.mark.parametrize(("strength", "left"), [(1.0, 10), (0.75, 8), (0.7, 7), (0.05, 1)])
def test_image_to_image_takes_a_step_that_strength_covers_in_part(strength: float, left: int) -> None:
    factory = FlowMatchEulerDiscreteScheduler.factory(SchedulerConfig({}))
    timesteps = factory(10, strength=strength).timesteps
    assert timesteps.tolist() == factory(10).timesteps[-left:].tolist()


def test_refuses() -> None:
    with pytest.raises(ValueError, match="invert_sigmas is true"):
        FlowMatchEulerDiscreteScheduler.factory(SchedulerConfig({"invert_sigmas": True}))
    factory = FlowMatchEulerDiscreteScheduler.factory(SchedulerConfig({}))
    with pytest.raises(ValueError, match="num_inference_steps must be at least 1, not 0"):
        factory(0)
    with pytest.raises(ValueError, match="strength 0 leaves none of 4 steps"):
        factory(4, strength=0)
