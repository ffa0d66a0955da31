from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from google.protobuf import text_format
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.lora.adaptable_model import AdaptableModel
from graphframe.calculators.lora.lora_pb2 import LoraOptions
from graphframe.calculators.lora.tensor_name import DENOISER
from graphframe.inference import ModelError
from tests.calculators.lora.adapter_files import random_pairs, write
from tests.calculators.lora.toy_model import SHAPES, toy_model, weights

SAMPLE = np.random.default_rng(1).normal(size=(2, 4, 5, 6)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ov.save_model(toy_model(weights()), tmp_path / "model.xml")
    write(tmp_path / "ink", random_pairs({f"unet.{name}": shape for name, shape in SHAPES.items()}))
    write(tmp_path / "gold", random_pairs({"unet.last": SHAPES["last"]}, seed=1))
    write(tmp_path / "te", random_pairs({"lora_te_last": SHAPES["last"]}))
    return tmp_path


def adapters(*aliases: str, mode: str = "DYNAMIC") -> str:
    return "".join(f'lora_adapters {{ alias: "{alias}" path: "{alias}" mode: {mode} }}' for alias in aliases)


def model(folder: Path, lora: str, name: str = DENOISER, **others: Any) -> AdaptableModel:
    node = gf.NodeContext("toy", "Toy", "CPU", {"INFERENCE_PRECISION_HINT": "f32"}, folder, {})
    return AdaptableModel(node, folder / "model.xml", name, text_format.Parse(lora, LoraOptions()), **others)


def infer(model: AdaptableModel, **alphas: float) -> NDArray[np.float32]:
    return model.infer(gf.Cancellation(), {"sample": SAMPLE}, alphas)["first"]


def test_each_inference_has_its_own_adapters(folder: Path) -> None:
    base = infer(model(folder, ""))
    ours = model(folder, adapters("ink", "gold", "te"))
    assert ours.outputs == ("first", "second")
    assert list(ours.inputs) == ["sample"]
    results = [infer(ours), infer(ours, ink=0.0), infer(ours, te=1.0), infer(ours, stranger=1.0)]
    assert all((each == base).all() for each in results)
    changed = [infer(ours, **alphas) for alphas in ({"ink": 1.0}, {"gold": 1.0}, {"ink": 1.0, "gold": 1.0})]
    assert not any((each == base).all() for each in changed)
    assert (infer(ours, ink=1.0) == changed[0]).all()
    assert not (changed[0] == changed[2]).all()


@pytest.mark.parametrize("mode", ["STATIC", "FUSE"])
def test_some_are_always_applied(folder: Path, mode: str) -> None:
    expected = infer(model(folder, adapters("ink")), ink=1.0)
    ours = model(folder, adapters("ink", mode=mode) + adapters("gold"))
    np.testing.assert_allclose(infer(ours), expected, atol=1e-4)
    both = infer(model(folder, adapters("ink", "gold")), ink=1.0, gold=1.0)
    np.testing.assert_allclose(infer(ours, gold=1.0), both, atol=1e-4)


def test_adapters_for_other_models_change_nothing(folder: Path) -> None:
    assert (infer(model(folder, adapters("ink"), "text_encoder"), ink=1.0) == infer(model(folder, ""))).all()
    te = infer(model(folder, adapters("te"), "text_encoder"), te=1.0)
    assert not (te == infer(model(folder, ""))).all()


def test_fixed_shapes(folder: Path) -> None:
    expected = infer(model(folder, adapters("ink")), ink=1.0)
    ours = model(folder, adapters("ink"), shapes=[{"sample": (1, 4, 5, 6)}])
    np.testing.assert_allclose(infer(ours, ink=1.0), expected, atol=1e-4)


def test_an_adapter_that_was_replaced(folder: Path) -> None:
    before = infer(model(folder, adapters("gold")), gold=1.0)
    write(folder / "gold", random_pairs({"unet.last": SHAPES["last"]}, seed=2))
    assert not (infer(model(folder, adapters("gold")), gold=1.0) == before).all()


def test_no_model(folder: Path) -> None:
    (folder / "model.xml").write_text("<")
    with pytest.raises(ModelError, match=r"model\.xml"):
        model(folder, adapters("ink"))
    (folder / "model.xml").unlink()
    with pytest.raises(ModelError, match=r"model\.xml does not exist"):
        model(folder, adapters("ink"))
