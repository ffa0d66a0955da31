from __future__ import annotations

from pathlib import Path

import numpy as np

from graphframe.inference import Caller, load_model
from tests.inference.rewriting.test_upsampling import doubled_and_convolved, kernel
from tests.inference.toy_models import save


def test_balanced_models_are_apart_in_memory_and_in_the_cache(tmp_path: Path, cache_dir: Path, caller: Caller) -> None:
    model = doubled_and_convolved([-1, 3, -1, -1], kernel())
    model.inputs[0].tensor.set_names({"x"})
    model.outputs[0].tensor.set_names({"y"})
    path = save(model, tmp_path)
    properties = {"INFERENCE_PRECISION_HINT": "f32"}
    exact = load_model(path, "CPU", properties)
    balanced = load_model(path, "CPU", properties, speed="balanced")
    assert balanced is not exact
    assert load_model(path, "CPU", properties, speed="balanced") is balanced
    assert len({blob.parent for blob in cache_dir.rglob("*.blob")}) == 2
    image = {"x": np.random.default_rng(0).standard_normal((1, 3, 5, 6)).astype(np.float32)}
    expected = exact.infer(caller, image)["y"]
    found = balanced.infer(caller, image)["y"]
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()
