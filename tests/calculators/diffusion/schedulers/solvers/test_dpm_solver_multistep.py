from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.solvers.dpm_solver_multistep import DPMSolverMultistepScheduler
from tests.calculators.diffusion.schedulers.runs_of_diffusers import cases, check
from tests.calculators.diffusion.schedulers.toy_run import check_arrays_may_change, no_noise, toy_config

NAME = DPMSolverMultistepScheduler.__name__
IMAGE = np.array([[0.5, -2.0], [1.25, 0.0]], np.float32)
NOISE = np.array([[1.0, 0.5], [-0.75, 2.0]], np.float32)


@cases(NAME)
def test_steps_as_diffusers_does(fields: dict[str, Any], expected: NDArray[np.float32]) -> None:
    check(NAME, fields, expected)


@pytest.mark.parametrize("prediction_type", ["epsilon", "sample"])
def test_a_model_that_is_right_from_the_start_gets_its_image(prediction_type: str) -> None:
    scheduler = DPMSolverMultistepScheduler.factory(toy_config(prediction_type=prediction_type))(5)
    sample = scheduler.add_noise(IMAGE, NOISE, 0)
    for step in range(5):
        output = {"epsilon": NOISE, "sample": IMAGE}[prediction_type]
        np.testing.assert_allclose(sample, scheduler.add_noise(IMAGE, NOISE, step), atol=1e-5)
        sample, denoised = scheduler.step(output, step, sample, no_noise)
        np.testing.assert_allclose(denoised, IMAGE, atol=1e-5)
    assert denoised is sample


def test_what_it_was_given_may_change_afterwards() -> None:
    check_arrays_may_change(DPMSolverMultistepScheduler.factory(toy_config(prediction_type="sample")), IMAGE, NOISE)


def test_draws_noise_only_if_it_is_stochastic() -> None:
    drawn = []

    def randn(shape: tuple[int, ...]) -> NDArray[np.float32]:
        drawn.append(shape)
        return NOISE

    scheduler = DPMSolverMultistepScheduler.factory(toy_config(algorithm_type="sde-dpmsolver++"))(3)
    first = scheduler.step(NOISE, 0, IMAGE, randn).sample
    second = scheduler.step(NOISE, 1, first, randn).sample
    assert drawn == [(2, 2)] * 2
    assert not np.allclose(second, scheduler.step(NOISE, 1, first, lambda shape: 2 * NOISE).sample)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"solver_order": 4}, "solver_order must be 1, 2 or 3, not 4"),
        ({"algorithm_type": "dpm"}, "algorithm_type is 'dpm'.*use one of dpmsolver\\+\\+, sde-dpmsolver"),
        ({"algorithm_type": "dpmsolver"}, 'final_sigmas_type must be "sigma_min" with the algorithm_type dpmsolver'),
        (
            {"algorithm_type": "sde-dpmsolver", "solver_order": 3, "final_sigmas_type": "sigma_min"},
            "solver_order is 3, which sde-dpmsolver does not have",
        ),
        ({"solver_type": "euler"}, "solver_type is 'euler'"),
        ({"prediction_type": "flow_prediction"}, "prediction_type is 'flow_prediction'"),
        (
            {"use_lu_lambdas": True, "use_karras_sigmas": True},
            "use_lu_lambdas and use_karras_sigmas are true; set one of them to false",
        ),
        ({"variance_type": "learned_range"}, "variance_type is 'learned_range', which is not supported for latents"),
        ({"thresholding": True}, "thresholding is true"),
        ({"final_sigmas_type": "one"}, "final_sigmas_type is 'one'"),
    ],
)
def test_refuses(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DPMSolverMultistepScheduler.factory(SchedulerConfig(fields))
