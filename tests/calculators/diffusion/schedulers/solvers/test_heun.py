from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.solvers.heun import HeunDiscreteScheduler
from tests.calculators.diffusion.schedulers.runs_of_diffusers import cases, check
from tests.calculators.diffusion.schedulers.toy_run import no_noise, toy_config

NAME = HeunDiscreteScheduler.__name__
IMAGE = np.array([[0.5, -2.0], [1.25, 0.0]], np.float32)
NOISE = np.array([[1.0, 0.5], [-0.75, 2.0]], np.float32)


@cases(NAME)
def test_steps_as_diffusers_does(fields: dict[str, Any], expected: NDArray[np.float32]) -> None:
    check(NAME, fields, expected)


def test_all_steps_but_the_last_are_two() -> None:
    scheduler = HeunDiscreteScheduler.factory(toy_config(timestep_spacing="leading"))(4)
    assert scheduler.timesteps.tolist() == [15, 10, 10, 5, 5, 0, 0]


def test_the_second_look_goes_back_to_where_the_first_began() -> None:
    scheduler = HeunDiscreteScheduler.factory(toy_config())(2)
    start = scheduler.add_noise(IMAGE, NOISE, 0)
    there = scheduler.step(NOISE, 0, start, no_noise).sample
    np.testing.assert_allclose(there, scheduler.add_noise(IMAGE, NOISE, 1), atol=1e-5)
    again = scheduler.step(3 * NOISE, 1, there, no_noise).sample
    twice = start + (there - start) * 2  # the mean of the slopes 1 and 3
    np.testing.assert_allclose(again, twice, atol=1e-5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"clip_sample": True}, "clip_sample is true"),
        ({"prediction_type": "flow"}, "prediction_type is 'flow'"),
    ],
)
def test_refuses(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HeunDiscreteScheduler.factory(SchedulerConfig(fields))
