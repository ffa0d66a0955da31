from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.solvers.unipc_multistep import UniPCMultistepScheduler
from tests.calculators.diffusion.schedulers.runs_of_diffusers import cases, check
from tests.calculators.diffusion.schedulers.toy_run import check_arrays_may_change, no_noise, toy_config

NAME = UniPCMultistepScheduler.__name__
IMAGE = np.array([[0.5, -2.0], [1.25, 0.0]], np.float32)
NOISE = np.array([[1.0, 0.5], [-0.75, 2.0]], np.float32)


@cases(NAME)
def test_steps_as_diffusers_does(fields: dict[str, Any], expected: NDArray[np.float32]) -> None:
    check(NAME, fields, expected)


def test_a_model_that_is_right_from_the_start_gets_its_image() -> None:
    scheduler = UniPCMultistepScheduler.factory(toy_config())(5)
    sample = scheduler.add_noise(IMAGE, NOISE, 0)
    for step in range(5):
        np.testing.assert_allclose(sample, scheduler.add_noise(IMAGE, NOISE, step), atol=1e-5)
        sample, denoised = scheduler.step(NOISE, step, sample, no_noise)
        np.testing.assert_allclose(denoised, IMAGE, atol=1e-5)
    assert denoised is sample


def test_what_it_was_given_may_change_afterwards() -> None:
    check_arrays_may_change(UniPCMultistepScheduler.factory(toy_config(prediction_type="sample")), IMAGE, NOISE)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"solver_order": 0}, "solver_order must be an integer of at least 1"),
        ({"solver_type": "bh3"}, "solver_type is 'bh3'"),
        ({"predict_x0": False}, 'predict_x0 is false, which needs final_sigmas_type "sigma_min"'),
        ({"lower_order_final": False}, 'lower_order_final is false, which needs final_sigmas_type "sigma_min"'),
        ({"prediction_type": "flow_prediction"}, "prediction_type is 'flow_prediction'"),
        ({"use_flow_sigmas": True, "use_beta_sigmas": True}, "use_flow_sigmas and use_beta_sigmas are true"),
    ],
)
def test_refuses(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        UniPCMultistepScheduler.factory(SchedulerConfig(fields))
