from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from graphframe.calculators.diffusion.families import detect_family
from graphframe.calculators.diffusion.scheduler_fields import scheduler_fields
from graphframe.calculators.diffusion.schedulers import ModelSchedulers
from tests.models import model_path

CONFIG = "scheduler/scheduler_config.json"


def timesteps(path: Path, *, as_diffusers: bool) -> np.ndarray:
    fields = scheduler_fields(detect_family(model_path("flux_dev") / "transformer"), path, as_diffusers=as_diffusers)
    return ModelSchedulers.from_file(path, fields).get(None)(8, image_seq_len=1024).timesteps


def test_flux_1_that_diffusers_saved(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    saved = model_path("flux_dev") / CONFIG
    plain = tmp_path / "scheduler_config.json"
    config = json.loads(saved.read_text())
    assert config.pop("time_shift_type") == "exponential"
    plain.write_text(json.dumps(config))

    expected = timesteps(plain, as_diffusers=False)
    assert (timesteps(plain, as_diffusers=True) == expected).all()
    assert (timesteps(saved, as_diffusers=True) == expected).all()
    assert not caplog.records
    assert np.abs(timesteps(saved, as_diffusers=False) - expected).max() > 50
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "set diffusers_schedule: true in DenoiseCalculatorOptions" in record.getMessage()


@pytest.mark.parametrize("name", ["flux_schnell", "flux2_klein", "qwen_image", "stable_diffusion_3", "z_image"])
def test_other_models_have_one_schedule(name: str, caplog: pytest.LogCaptureFixture) -> None:
    family = detect_family(model_path(name) / "transformer")
    path = model_path(name) / CONFIG
    fields = scheduler_fields(family, path, as_diffusers=False)
    assert not caplog.records
    lengths = family.image_seq_len((1, family.channels, 32, 32))
    runs = [
        ModelSchedulers.from_file(path, each).get(None)(4, image_seq_len=lengths).timesteps
        for each in (fields, scheduler_fields(family, path, as_diffusers=True))
    ]
    assert (runs[0] == runs[1]).all()
