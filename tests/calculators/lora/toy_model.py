"""A model with a layer of each kind that LoRA can change, named like those of exported models."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

SHAPES = {"conv": (8, 4, 3, 3), "pointwise": (6, 8, 1, 1), "left": (10, 6), "right": (5, 6), "last": (7, 10)}
"""The shapes of weights: output features, input features."""

Weights = dict[str, NDArray[np.float32]]


def weights(seed: int = 0) -> Weights:
    """Return values that all kinds of compression represent exactly: from -1 to 1, in eighths."""
    rng = np.random.default_rng(seed)
    return {name: rng.integers(-7, 8, shape).astype(np.float32) / np.float32(8) for name, shape in SHAPES.items()}


def toy_model(values: Mapping[str, NDArray[np.float32]], kind: str = "f32", bias: float = 0.0) -> ov.Model:
    """Return a model of two convolutions and, after a VariadicSplit, two products, one with transposed weights.

    Parameters
    ----------
    values : mapping of str to array
        The weights.
    kind : str
        The type of stored weights: ``"f32"``, or compressed, ``"f16"``, ``"i8"`` or ``"i4"``.
    bias : float
        The bias of all layers.
    """
    sample = ops.parameter([-1, 4, -1, -1], np.float32, name="sample")
    sample.output(0).tensor.set_names({"sample"})

    def stored(name: str, value: NDArray[np.float32]) -> ov.Node:
        if kind == "f32":
            return ops.constant(value)
        if kind == "f16":
            return ops.convert(ops.constant(value.astype(np.float16)), "f32")
        integers = ops.constant(value * 8 + 8 * (kind == "i4"), ov.Type.u4 if kind == "i4" else ov.Type.i8)
        whole = ops.convert(integers, "f32")
        if kind == "i4":
            whole = ops.subtract(whole, np.float32(8))
        return ops.multiply(whole, np.full((len(value), *[1] * (value.ndim - 1)), 1 / 8, np.float32))

    def biased(node: ov.Node) -> ov.Node:
        return ops.add(node, np.float32(bias)) if bias else node

    def convolution(name: str, data: ov.Node, strides: int, pad: int) -> ov.Node:
        node = ops.convolution(data, stored(name, values[name]), [strides] * 2, [pad] * 2, [pad] * 2, [1, 1])
        return biased(_named(node, f"__module.model.{name}/aten::_convolution/Convolution"))

    def product(name: str, data: ov.Output, transposed: bool = False) -> ov.Node:
        value = np.ascontiguousarray(values[name].T) if transposed else values[name]
        node = ops.matmul(data, stored(name, value), False, not transposed)
        return biased(_named(node, f"__module.{name}/aten::linear/MatMul"))

    deep = convolution("pointwise", ops.relu(convolution("conv", sample, 2, 1)), 1, 0)
    rows = ops.transpose(ops.reshape(deep, np.array([0, 6, -1]), True), np.array([0, 2, 1]))
    halves = ops.variadic_split(rows, np.int64(1), np.array([2, -1]))
    first = product("last", product("left", halves.output(0)))
    second = product("right", halves.output(1), transposed=kind != "i4")
    results = [ops.result(first), ops.result(second)]
    for name, result in zip(("first", "second"), results, strict=True):
        result.input_value(0).tensor.set_names({name})
    return ov.Model(results, [sample], "toy")


def _named(node: ov.Node, name: str) -> ov.Node:
    node.set_friendly_name(name)
    return node
