"""Normalisations are layers, too: with and without weights of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray
from openvino import opset13 as ops

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.layer import layers_of
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.rewriting import ALPHAS, Rewriting
from graphframe.calculators.lora.tensor_name import DENOISER
from tests.calculators.lora.adapter_files import write
from tests.models import model_path

RNG = np.random.default_rng(0)
SAMPLE = RNG.normal(size=(2, 4, 3, 6)).astype(np.float32)
NORMS = {"group": 4, "layer": 6, "plain": 6}


def random() -> dict[str, NDArray[np.float32]]:
    return {name: RNG.normal(size=size).astype(np.float32) for name, size in NORMS.items()}


def toy_norms(weights: dict[str, NDArray[np.float32]], biases: dict[str, NDArray[np.float32]]) -> ov.Model:
    """Return a model of a group normalisation and two layer normalisations; `plain` may have no weights and biases."""

    def named(node: ov.Node, name: str) -> ov.Node:
        node.set_friendly_name(f"__module.model.{name}")
        return node

    sample = ops.parameter([-1, 4, -1, 6], np.float32, name="sample")
    sample.output(0).tensor.set_names({"sample"})
    group = ops.group_normalization(sample, weights["group"], biases["group"], 2, 1e-5)
    node = named(group, "group/aten::group_norm/GroupNormalization")
    for name in ("layer", "plain"):
        node = named(ops.mvn(ops.relu(node), np.array([-1]), True, 1e-5, "INSIDE_SQRT"), f"{name}/aten::layer_norm/MVN")
        if name in weights:
            node = named(ops.multiply(node, weights[name]), f"{name}/aten::layer_norm/Multiply")
            node = named(ops.add(node, biases[name]), f"{name}/aten::layer_norm/Add")
    result = ops.result(node)
    result.input_value(0).tensor.set_names({"out"})
    return ov.Model([result], [sample], "norms")


def output(model: ov.Model, **more: NDArray[Any]) -> NDArray[Any]:
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled({"sample": SAMPLE, **more})["out"])


@pytest.mark.parametrize("mode", [LoraAdapterEntry.DYNAMIC, LoraAdapterEntry.STATIC, LoraAdapterEntry.FUSE])
def test_differences_of_normalisations(tmp_path: Path, mode: LoraAdapterEntry.Mode.ValueType) -> None:
    weights, biases, more_weights, more_biases = random(), random(), random(), random()
    del weights["plain"], biases["plain"]
    tensors = {f"lycoris_{name}.w_norm": value for name, value in more_weights.items()}
    tensors |= {f"lycoris_{name}.b_norm": value for name, value in more_biases.items()}
    ink = Adapter("ink", write(tmp_path / "ink", tensors), 0, mode, 0.5, use_file_alpha=True)
    model = Rewriting(DENOISER, (ink,))(toy_norms(weights, biases))
    given = {ALPHAS: np.array([0.5], np.float32)} if mode == LoraAdapterEntry.DYNAMIC else {}
    weights["plain"], biases["plain"] = np.ones(6, np.float32), np.zeros(6, np.float32)
    half = np.float32(0.5)
    expected = toy_norms(
        {name: value + half * more_weights[name] for name, value in weights.items()},
        {name: value + half * more_biases[name] for name, value in biases.items()},
    )
    np.testing.assert_allclose(output(model, **given), output(expected), atol=1e-4)


def test_normalisations_of_a_unet() -> None:
    unet = ov.Core().read_model(model_path("stable_diffusion_pndm") / "unet" / "openvino_model.xml")
    found = {layer.name: (layer.kind, layer.out_features) for layer in layers_of(unet) if not layer.in_shape}
    assert found["conv_norm_out"] == ("GroupNormalization", 16)
    assert found["down_blocks_0_attentions_0_transformer_blocks_0_norm2"] == ("MVN", 16)
