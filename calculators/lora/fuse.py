"""Changes added to the weights of layers."""

from __future__ import annotations

from collections.abc import Sequence

from openvino import opset13 as ops

from graphframe.calculators.lora.adapter import Delta
from graphframe.calculators.lora.branch import add_branch, add_to_output
from graphframe.calculators.lora.kinds import LowRank
from graphframe.calculators.lora.layer import Layer


def fuse(layer: Layer, changes: Sequence[Delta]) -> None:
    """Replace the weights and the bias of a layer by changed ones. Compressed weights are decompressed."""
    if not layer.in_shape:  # a normalisation, whose operation need not have weights
        add_branch(layer, changes)
        return
    old = layer.node.input_value(1)
    new = layer.weights()
    for weights, _ in changes:
        if isinstance(weights, LowRank):
            new += weights.up @ weights.down
        elif weights is not None:
            new += weights
    shaped = (new.T if layer.transposed else new).reshape(old.get_shape())
    layer.node.input(1).replace_source_output(ops.constant(shaped, old.get_element_type()).output(0))
    biases = [bias for _, bias in changes if bias is not None]
    if biases:
        add_to_output(layer, layer.of_channels(layer.constant(sum(biases[1:], biases[0]))))
