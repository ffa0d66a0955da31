from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

import graphframe as gf
from graphframe.calculators.diffusion.circular_padding import CircularPadding
from graphframe.calculators.diffusion.float_timestep import FloatTimestep
from graphframe.calculators.diffusion.nodes.denoise import DenoiseCalculator
from graphframe.calculators.diffusion.nodes.denoise_pb2 import DenoiseCalculatorOptions
from graphframe.calculators.text.embeddings import Embeddings
from tests.calculators.diffusion.requests import diffusion_request


def test_a_unet_takes_parts_of_timesteps(euler: Path) -> None:
    path, random = euler / "unet/openvino_model.xml", np.random.default_rng(0)
    inputs = {
        "sample": random.normal(size=(1, 4, 8, 8)).astype(np.float32),
        "encoder_hidden_states": random.normal(size=(1, 77, 32)).astype(np.float32),
    }

    def output(model: ov.Model, timestep: np.ndarray) -> np.ndarray:
        compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        return np.asarray(compiled({**inputs, "timestep": timestep})[0])

    core = ov.Core()
    changed = FloatTimestep(CircularPadding(None))(core.read_model(path))
    before = CircularPadding(None)(core.read_model(path))
    at_whole = output(changed, np.array([3], np.float32))
    np.testing.assert_allclose(at_whole, output(before, np.array([3], np.int64)), atol=1e-5)
    assert not np.allclose(at_whole, output(changed, np.array([2.5], np.float32)), atol=1e-5)


@pytest.mark.parametrize(
    ("fields", "tiling"),
    [
        ({"_class_name": "EDMEulerScheduler"}, False),
        (
            {"_class_name": "UniPCMultistepScheduler", "use_flow_sigmas": True, "prediction_type": "flow_prediction"},
            True,
        ),
    ],
)
def test_an_exported_unet_runs_with_float_timesteps(
    euler: Path, tmp_path: Path, fields: dict[str, Any], tiling: bool
) -> None:
    (tmp_path / "unet").symlink_to(euler / "unet")
    (tmp_path / "scheduler").mkdir()
    (tmp_path / "scheduler/scheduler_config.json").write_text(json.dumps(fields))
    options = DenoiseCalculatorOptions(tiling=tiling)
    runner = gf.CalculatorRunner(DenoiseCalculator, base=tmp_path, options=options)
    prompts = Embeddings(np.random.default_rng(0).normal(size=(2, 77, 32)).astype(np.float32))
    asked = diffusion_request("", "", 0, 3, 7.5, (1, 4, 8, 8))
    (packet,) = runner.run(REQUEST=[asked], EMBEDDINGS=[prompts])["LATENTS"]
    assert np.isfinite(packet.value.samples).all()
