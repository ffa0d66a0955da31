"""An adapter in each mode has the effect of adding the product of its matrices to the weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.rewriting import ALPHAS, Rewriting
from graphframe.calculators.lora.tensor_name import DENOISER
from tests.calculators.lora.adapter_files import random_pairs, write
from tests.calculators.lora.toy_model import SHAPES, Weights, toy_model, weights

DYNAMIC, STATIC, FUSE = LoraAdapterEntry.DYNAMIC, LoraAdapterEntry.STATIC, LoraAdapterEntry.FUSE
SAMPLE = np.random.default_rng(1).normal(size=(2, 4, 5, 6)).astype(np.float32)


def adapter(folder: Path, seed: int = 0, mode: LoraAdapterEntry.Mode.ValueType = DYNAMIC, **others: Any) -> Adapter:
    """Return an adapter of all layers, with an alpha in its file: half its rank."""
    path = folder / f"{seed}.safetensors"
    tensors = random_pairs({f"lora_unet_{name}": shape for name, shape in SHAPES.items()}, rank=2 + seed, seed=seed)
    alphas = {f"lora_unet_{name}.alpha": np.array(1 + seed / 2, np.float32) for name in SHAPES}
    write(path, tensors | alphas)
    return replace(Adapter(str(seed), path, 0, mode, 1.0, use_file_alpha=True), **others)


def changed(values: Weights, adapter: Adapter, alpha: float) -> Weights:
    """Return the weights changed by an adapter."""
    file = adapter.file
    new = {}
    for name, value in values.items():
        down, up = (file[f"lora_unet_{name}.lora_{part}.weight"] for part in ("down", "up"))
        scale = alpha / 2 if adapter.use_file_alpha else alpha
        new[name] = value + scale * (up.reshape(len(up), -1) @ down.reshape(len(down), -1)).reshape(value.shape)
    return new


def outputs(model: ov.Model, **more: NDArray[Any]) -> list[NDArray[Any]]:
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert [port.any_name for port in compiled.outputs] == ["first", "second"]
    return [value.copy() for value in compiled({"sample": SAMPLE, **more}).values()]


def assert_same(ours: list[NDArray[Any]], expected: list[NDArray[Any]], base: list[NDArray[Any]]) -> None:
    for one, other, unchanged in zip(ours, expected, base, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
        assert np.abs(one - unchanged).max() > 0.01


@pytest.mark.parametrize("kind", ["f32", "f16", "i8", "i4"])
@pytest.mark.parametrize("mode", [DYNAMIC, STATIC, FUSE], ids=["dynamic", "static", "fuse"])
def test_every_mode_on_all_kinds_of_weights(tmp_path: Path, mode: LoraAdapterEntry.Mode.ValueType, kind: str) -> None:
    ink = adapter(tmp_path, mode=mode, alpha=0.7)
    model = Rewriting(DENOISER, (ink,))(toy_model(weights(), kind))
    given = {ALPHAS: np.array([0.7], np.float32)} if mode == DYNAMIC else {}
    expected = outputs(toy_model(changed(weights(), ink, 0.7)))
    assert_same(outputs(model, **given), expected, outputs(toy_model(weights())))


def test_two_dynamic_adapters_of_different_ranks(tmp_path: Path) -> None:
    ink, gold = adapter(tmp_path, 0), adapter(tmp_path, 1)
    model = Rewriting(DENOISER, (ink, gold))(toy_model(weights()))
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    base = outputs(toy_model(weights()))
    for alphas in ((1.0, 0.0), (0.0, 0.5), (0.25, -1.0)):
        both = changed(changed(weights(), ink, alphas[0]), gold, alphas[1])
        ours = compiled({"sample": SAMPLE, ALPHAS: np.array(alphas, np.float32)})
        assert_same(list(ours.values()), outputs(toy_model(both)), base)


def test_all_modes_at_once(tmp_path: Path) -> None:
    ink, gold, chalk = adapter(tmp_path, 0), adapter(tmp_path, 1, STATIC, alpha=0.5), adapter(tmp_path, 2, FUSE)
    model = Rewriting(DENOISER, (gold, ink, chalk))(toy_model(weights()))
    all_three = changed(changed(changed(weights(), ink, 2.0), gold, 0.5), chalk, 1.0)
    ours = outputs(model, **{ALPHAS: np.array([2.0], np.float32)})
    assert_same(ours, outputs(toy_model(all_three)), outputs(toy_model(weights())))


def test_the_alpha_of_the_file_can_be_left_out(tmp_path: Path) -> None:
    ink = adapter(tmp_path, mode=FUSE, use_file_alpha=False)
    ours = outputs(Rewriting(DENOISER, (ink,))(toy_model(weights())))
    assert_same(ours, outputs(toy_model(changed(weights(), ink, 1.0))), outputs(toy_model(weights())))


@pytest.mark.parametrize("mode", [DYNAMIC, STATIC, FUSE], ids=["dynamic", "static", "fuse"])
def test_whole_matrices_and_biases(tmp_path: Path, mode: LoraAdapterEntry.Mode.ValueType) -> None:
    rng = np.random.default_rng(2)
    diffs = {name: rng.normal(scale=0.1, size=shape).astype(np.float32) for name, shape in SHAPES.items()}
    biases = {f"unet.{name}.diff_b": np.full(len(diff), 0.5, np.float32) for name, diff in diffs.items()}
    path = write(tmp_path / "a", {f"unet.{name}.diff": diff for name, diff in diffs.items()} | biases)
    ink = Adapter("ink", path, 0, mode, 0.7, use_file_alpha=True)
    model = Rewriting(DENOISER, (ink,))(toy_model(weights(), "i8"))
    given = {ALPHAS: np.array([0.7], np.float32)} if mode == DYNAMIC else {}
    expected = {name: value + np.float32(0.7) * diffs[name] for name, value in weights().items()}
    biased = toy_model(expected, bias=0.35)
    assert_same(outputs(model, **given), outputs(biased), outputs(toy_model(weights())))


def test_a_pair_whole_matrices_and_biases_of_several_adapters(tmp_path: Path) -> None:
    """Each has its own strength, and adapters are counted, not their changes."""
    pair = adapter(tmp_path, 0)
    diff = np.full(SHAPES["last"], 0.25, np.float32)
    bias = np.full(SHAPES["right"][0], 0.5, np.float32)
    others = []
    for alias, tensors in (("diff", {"unet.last.diff": diff}), ("bias", {"unet.right.diff_b": bias})):
        path = write(tmp_path / alias, tensors)
        others.append(Adapter(alias, path, 0, DYNAMIC, 1.0, use_file_alpha=True))
    model = Rewriting(DENOISER, (others[0], pair, others[1]))(toy_model(weights()))
    new = changed(weights(), pair, 2.0)
    new["last"] = new["last"] + 3 * diff
    ours = outputs(model, **{ALPHAS: np.array([3.0, 2.0, 5.0], np.float32)})
    expected = outputs(toy_model(new))
    expected[1] = expected[1] + 2.5
    assert_same(ours, expected, outputs(toy_model(weights())))
