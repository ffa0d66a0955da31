"""Changes computed beside a layer, whose weights stay unchanged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from graphframe.calculators.lora.adapter import Delta
from graphframe.calculators.lora.kinds import LowRank
from graphframe.calculators.lora.layer import Layer


def add_branch(layer: Layer, changes: Sequence[Delta], alphas: ov.Node | None = None) -> None:
    """Add `changes`, applied to the input of a layer, to its output.

    Parameters
    ----------
    layer : Layer
    changes : sequence of Delta
        One or more; factors are computed together, as one change of the sum of their ranks.
    alphas : openvino.Node, optional
        The strength of each change: float32, shape (changes,).
    """
    numbers = [number for number, change in enumerate(changes) if isinstance(change.weights, LowRank)]
    if numbers:
        factors = [change.weights for change in changes if isinstance(change.weights, LowRank)]
        add_to_output(layer, _narrow(layer, factors, _chosen(alphas, numbers)))
    for number, (weights, bias) in enumerate(changes):
        strength = None if alphas is None else ops.convert(_chosen(alphas, [number]), layer.dtype)
        if isinstance(weights, np.ndarray):
            whole = layer.with_weights(weights)
            add_to_output(layer, whole if strength is None else ops.multiply(whole, strength))
        if bias is not None:
            shaped = layer.of_channels(layer.constant(bias))
            add_to_output(layer, shaped if strength is None else ops.multiply(shaped, strength))


def add_to_output(layer: Layer, addition: ov.Node) -> None:
    """Add a node to the output of a layer, for all that read it."""
    output = layer.output
    targets, names = output.get_target_inputs(), output.get_names()
    both = ops.add(output, addition)
    for target in targets:
        target.replace_source_output(both.output(0))
    if names:
        output.get_tensor().set_names(set())
        both.output(0).get_tensor().set_names(names)


def _narrow(layer: Layer, factors: Sequence[LowRank], alphas: ov.Node | None) -> ov.Node:
    """Return the product of the layer's input with all `down`, the alphas and all `up`."""
    up = np.concatenate([each.up for each in factors], axis=1)
    narrow = layer.with_weights(np.concatenate([each.down for each in factors]))
    if alphas is not None:
        of_rank = np.repeat(np.arange(len(factors), dtype=np.int32), [len(each.down) for each in factors])
        strengths = ops.convert(ops.gather(alphas, of_rank, np.int32(0)), layer.dtype)
        narrow = ops.multiply(narrow, layer.of_channels(strengths))
    if layer.kind == "MatMul":
        return ops.matmul(narrow, layer.constant(up), False, True)
    return ops.convolution(narrow, layer.constant(up[:, :, None, None]), [1, 1], [0, 0], [0, 0], [1, 1])


def _chosen(alphas: ov.Node | None, numbers: Sequence[int]) -> ov.Node | None:
    return None if alphas is None else ops.gather(alphas, np.array(numbers, np.int32), np.int32(0))
