import json
from pathlib import Path

import pytest

from calculators.diffusion.schedulers import load_scheduler

# What diffusers 0.39 writes for the usual models.
STABLE_DIFFUSION = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
CONFIGS: dict[str, dict[str, object]] = {
    "PNDMScheduler": {"skip_prk_steps": True, "set_alpha_to_one": False, "trained_betas": None},
    "DDIMScheduler": {"clip_sample": False, "thresholding": False, "clip_sample_range": 1.0},
    "EulerDiscreteScheduler": {"use_karras_sigmas": False, "sigma_min": None, "timestep_type": "discrete"},
    "EulerAncestralDiscreteScheduler": {},
    "LCMScheduler": {"original_inference_steps": 50, "timestep_scaling": 10.0, "dynamic_thresholding_ratio": 0.995},
}


def write(folder: Path, fields: object) -> Path:
    path = folder / "scheduler_config.json"
    path.write_text(json.dumps(fields))
    return path


@pytest.mark.parametrize("name", CONFIGS)
def test_makes_the_scheduler_that_the_config_names(tmp_path: Path, name: str) -> None:
    factory = load_scheduler(write(tmp_path, {"_class_name": name, **STABLE_DIFFUSION, **CONFIGS[name]}))
    scheduler = factory(4)
    assert type(scheduler).__name__ == name
    assert scheduler.timesteps[0] == (999 if name == "LCMScheduler" else 751)


def test_runs_are_independent(tmp_path: Path) -> None:
    factory = load_scheduler(write(tmp_path, {"_class_name": "PNDMScheduler", "skip_prk_steps": True}))
    assert factory(4) is not factory(4)
    assert len(factory(20).timesteps) == 21


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [("EulerDiscrete", "; did you mean EulerDiscreteScheduler?"), ("XScheduler", "; did you mean"), ("Zzz", "")],
)
def test_unknown_class(tmp_path: Path, name: str, suggestion: str) -> None:
    path = write(tmp_path, {"_class_name": name})
    with pytest.raises(ValueError, match="_class_name is") as caught:
        load_scheduler(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: _class_name is '{name}', but the schedulers here are DDIMScheduler, Euler")
    assert suggestion in message
    assert ("did you mean" in message) == bool(suggestion)


def test_no_class(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="_class_name is '', but the schedulers here are"):
        load_scheduler(write(tmp_path, {}))


def test_errors_name_the_file_and_the_field(tmp_path: Path) -> None:
    path = write(tmp_path, {"_class_name": "DDIMScheduler", "clip_sample": True})
    with pytest.raises(ValueError, match=r"scheduler_config\.json: clip_sample is true"):
        load_scheduler(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"scheduler_config\.json: there is no such file; a model in OpenVINO"):
        load_scheduler(tmp_path / "scheduler_config.json")
