"""Low-rank changes computed beside a layer, whose weights stay unchanged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from graphframe.calculators.lora.adapter import LowRank
from graphframe.calculators.lora.layer import Layer


def add_branch(layer: Layer, changes: Sequence[LowRank], alphas: ov.Node | None = None) -> None:
    """Add `changes`, applied to the input of a layer, to its output.

    Parameters
    ----------
    layer : Layer
    changes : sequence of LowRank
        One or more; they are computed together, as one change of the sum of their ranks.
    alphas : openvino.Node, optional
        The strength of each change: float32, shape (changes,).
    """
    output = layer.node.output(0)
    targets, names = output.get_target_inputs(), output.get_names()
    branch = _convolutions if layer.node.get_type_name() == "Convolution" else _products
    with_branch = ops.add(output, branch(layer, changes, alphas))
    for target in targets:
        target.replace_source_output(with_branch.output(0))
    if names:
        output.get_tensor().set_names(set())
        with_branch.output(0).get_tensor().set_names(names)


def _products(layer: Layer, changes: Sequence[LowRank], alphas: ov.Node | None) -> ov.Node:
    down, up = _factors(layer, changes)
    narrow = ops.matmul(layer.node.input_value(0), down, False, True)
    if alphas is not None:
        narrow = ops.multiply(narrow, _strengths(layer, changes, alphas))
    return ops.matmul(narrow, up, False, True)


def _convolutions(layer: Layer, changes: Sequence[LowRank], alphas: ov.Node | None) -> ov.Node:
    down, up = _factors(layer, changes)
    attributes = layer.node.get_attributes()
    where = [attributes[name] for name in ("strides", "pads_begin", "pads_end", "dilations", "auto_pad")]
    narrow = ops.convolution(layer.node.input_value(0), down, *where)
    if alphas is not None:
        strengths = ops.reshape(_strengths(layer, changes, alphas), np.array([1, -1, 1, 1]), False)
        narrow = ops.multiply(narrow, strengths)
    return ops.convolution(narrow, up, [1, 1], [0, 0], [0, 0], [1, 1])


def _factors(layer: Layer, changes: Sequence[LowRank]) -> tuple[ov.Node, ov.Node]:
    """Return all `down` concatenated, and all `up`, in the layout and type of the layer's weights."""
    kind = layer.node.get_output_element_type(0)
    ones = [1] * (len(layer.in_shape) - 1)
    down = np.concatenate([each.down for each in changes]).reshape(-1, *layer.in_shape)
    up = np.concatenate([each.up for each in changes], axis=1).reshape(layer.out_features, -1, *ones)
    return tuple(ops.constant(np.ascontiguousarray(values), kind) for values in (down, up))


def _strengths(layer: Layer, changes: Sequence[LowRank], alphas: ov.Node) -> ov.Node:
    """Return the alpha of each rank."""
    of_rank = np.repeat(np.arange(len(changes), dtype=np.int32), [len(each.down) for each in changes])
    strengths = ops.gather(alphas, of_rank, np.int32(0))
    return ops.convert(strengths, layer.node.get_output_element_type(0))
