"""Low-rank changes added to the weights of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import openvino as ov
from openvino import opset13 as ops

from graphframe.calculators.lora.adapter import LowRank
from graphframe.calculators.lora.layer import Layer
from graphframe.inference import core


def fuse(changes: Mapping[Layer, Sequence[LowRank]]) -> None:
    """Replace the weights of layers by changed ones. Compressed weights are decompressed."""
    if not changes:
        return
    weights = [layer.node.input_value(1) for layer in changes]
    plain = ov.Model([ops.result(ops.convert(each, "f32")) for each in weights], [])
    values = core().compile_model(plain, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})({}).values()
    for (layer, low_ranks), output, value in zip(changes.items(), weights, values, strict=True):
        new = value.copy()
        for each in low_ranks:
            full = each.up @ each.down
            new += (full.T if layer.transposed else full).reshape(value.shape)
        layer.node.input(1).replace_source_output(ops.constant(new, output.get_element_type()).output(0))
