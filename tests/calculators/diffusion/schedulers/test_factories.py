import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.factories import factory_of

# The configs that diffusers 0.39 writes for common models.
STABLE_DIFFUSION = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
LEADING = {"timestep_spacing": "leading"}
CONFIGS: dict[str, tuple[dict[str, object], float]] = {
    "PNDMScheduler": ({"skip_prk_steps": True, "set_alpha_to_one": False, "trained_betas": None}, 751),
    "DDIMScheduler": ({"clip_sample": False, "thresholding": False, "clip_sample_range": 1.0}, 751),
    "EulerDiscreteScheduler": ({"use_karras_sigmas": False, "sigma_min": None, "timestep_type": "discrete"}, 751),
    "EulerAncestralDiscreteScheduler": ({}, 751),
    "LCMScheduler": ({"original_inference_steps": 50, "timestep_scaling": 10.0, "sample_max_value": 1.0}, 999),
    "DPMSolverMultistepScheduler": ({"solver_order": 2, "lambda_min_clipped": float("-inf"), **LEADING}, 801),
    "UniPCMultistepScheduler": ({"disable_corrector": [], "solver_p": None, "flow_shift": 1.0, **LEADING}, 801),
    "HeunDiscreteScheduler": ({"clip_sample": False, **LEADING}, 751),
    "FlowMatchEulerDiscreteScheduler": ({"shift": 3.0, "shift_terminal": None, "invert_sigmas": False}, 1000),
    "FlowMatchHeunDiscreteScheduler": ({"shift": 3.0}, 1000),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_makes_the_scheduler_that_the_config_names(name: str) -> None:
    fields, first = CONFIGS[name]
    scheduler = factory_of(SchedulerConfig({"_class_name": name, **STABLE_DIFFUSION, **fields}))(4)
    assert type(scheduler).__name__ == name
    assert scheduler.timesteps[0] == first


def test_lms_is_ddim() -> None:
    lms = factory_of(SchedulerConfig({"_class_name": "LMSDiscreteScheduler", **STABLE_DIFFUSION}))(4)
    ddim = factory_of(SchedulerConfig({"_class_name": "DDIMScheduler", "clip_sample": False, **STABLE_DIFFUSION}))(4)
    assert lms.timesteps.tolist() == ddim.timesteps.tolist()
    one = np.ones(3, np.float32)
    assert lms.step(one, 0, one, np.zeros).sample.tolist() == ddim.step(one, 0, one, np.zeros).sample.tolist()


def test_runs_are_independent() -> None:
    factory = factory_of(SchedulerConfig({"_class_name": "PNDMScheduler", "skip_prk_steps": True}))
    assert factory(4) is not factory(4)
    assert len(factory(20).timesteps) == 21


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [("EulerDiscrete", "; did you mean EulerDiscreteScheduler?"), ("XScheduler", "; did you mean"), ("Zzz", "")],
)
def test_unknown_class(name: str, suggestion: str) -> None:
    with pytest.raises(ValueError, match="_class_name is") as caught:
        factory_of(SchedulerConfig({"_class_name": name}, "some.json"))
    message = str(caught.value)
    assert message.startswith(
        f"some.json: _class_name is '{name}', which is not supported; schedulers: DDIMScheduler, DDPM"
    )
    assert suggestion in message
    assert ("did you mean" in message) == bool(suggestion)


def test_no_class() -> None:
    with pytest.raises(ValueError, match="_class_name is '', which is not supported; schedulers:"):
        factory_of(SchedulerConfig({}))
