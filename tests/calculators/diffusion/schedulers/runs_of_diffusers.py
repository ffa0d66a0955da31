"""Recorded runs of diffusers' schedulers with the toy model, and their comparison with ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.factories import factory_of
from tests.calculators.diffusion.schedulers.toy_model import FRESH_NOISE, IMAGE, NOISE, toy_model

SCALED_LINEAR = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


def cases(name: str) -> pytest.MarkDecorator:
    """Parametrize a test with the cases of a scheduler: `fields`, and `expected`, the rows of each run."""
    with np.load(Path(__file__).with_name("fixtures") / f"{name}.npz") as runs:
        return pytest.mark.parametrize(
            ("fields", "expected"), [pytest.param(json.loads(case), runs[case], id=case) for case in runs]
        )


def check(name: str, fields: dict[str, Any], expected: NDArray[np.float32]) -> None:
    """Assert that our runs have the same timesteps, and the same samples to 1e-5 of the largest in the run."""
    asked = {key: fields.pop(key) for key in ("strength", "image_seq_len") if key in fields}
    counts = fields.pop("steps")
    factory = factory_of(SchedulerConfig({"_class_name": name, **SCALED_LINEAR, **fields}))
    runs = np.split(expected, np.flatnonzero(np.isnan(expected[:, 0]))[1:])
    for count, rows in zip(counts, runs, strict=True):
        scheduler = factory(count, **asked)
        np.testing.assert_allclose(scheduler.timesteps, rows[1:, 0], rtol=1e-6, atol=1e-6, err_msg=f"{count} steps")
        sample = NOISE * scheduler.init_noise_sigma
        if "strength" in asked:
            sample = scheduler.add_noise(IMAGE, NOISE, 0)
        samples = [sample]
        for step, timestep in enumerate(scheduler.timesteps):
            output = toy_model(scheduler.scale_model_input(sample, step), timestep)
            sample = scheduler.step(output, step, sample, lambda shape: FRESH_NOISE.reshape(shape)).sample
            assert sample.dtype == np.float32
            samples.append(sample)
        largest = np.abs(rows[:, 1:]).max()
        rtol = 1e-3 if fields.get("use_flow_sigmas") else 1e-5  # diffusers divides by small differences in float32
        for step, (ours, theirs) in enumerate(zip(samples, rows[:, 1:], strict=True)):
            np.testing.assert_allclose(
                ours.ravel(), theirs, rtol=rtol, atol=2e-6 * largest, err_msg=f"{count} steps, after {step}"
            )
