from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.solvers.flow_match_heun import FlowMatchHeunDiscreteScheduler
from tests.calculators.diffusion.schedulers.runs_of_diffusers import cases, check
from tests.calculators.diffusion.schedulers.toy_run import no_noise

NAME = FlowMatchHeunDiscreteScheduler.__name__
IMAGE = np.array([[0.5, -2.0], [1.25, 0.0]], np.float32)
NOISE = np.array([[1.0, 0.5], [-0.75, 2.0]], np.float32)


@cases(NAME)
def test_steps_as_diffusers_does(fields: dict[str, Any], expected: NDArray[np.float32]) -> None:
    check(NAME, fields, expected)


def test_the_steps_depend_on_the_image_size() -> None:
    timesteps = FlowMatchHeunDiscreteScheduler.factory(SchedulerConfig({}))(3, image_seq_len=256).timesteps
    np.testing.assert_allclose(timesteps, [1000, 2000 / 3, 2000 / 3, 1000 / 3, 1000 / 3], rtol=1e-6)


def test_the_second_look_goes_back_to_where_the_first_began() -> None:
    scheduler = FlowMatchHeunDiscreteScheduler.factory(SchedulerConfig({}))(2, image_seq_len=256)
    there = scheduler.step(NOISE - IMAGE, 0, NOISE, no_noise).sample
    np.testing.assert_allclose(there, (NOISE + IMAGE) / 2, atol=1e-6)
    again = scheduler.step(3 * (NOISE - IMAGE), 1, there, no_noise).sample
    np.testing.assert_allclose(again, IMAGE, atol=1e-5)  # from NOISE, with the mean of the velocities


def test_refuses() -> None:
    with pytest.raises(ValueError, match="stochastic_sampling is true"):
        FlowMatchHeunDiscreteScheduler.factory(SchedulerConfig({"stochastic_sampling": True}))
