"""The layers of a model that LoRA can change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from graphframe.inference import core

_NAME = re.compile(r"__module\.(?:model\.)?([^/]+)/")
"""The exporter's names of operations in a module."""
_DECOMPRESSION = {"Convert", "Subtract", "Multiply", "Reshape"}
"""The operations between compressed weights and a layer."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A MatMul or a Convolution with constant weights, plain or compressed.

    Attributes
    ----------
    name : str
        Its module's path, with ``_`` for ``.``.
    node : openvino.Node
    out_features : int
        The number of output features or channels.
    in_shape : tuple of int
        (features,) of a MatMul's input; (channels, height, width) of a Convolution's kernel.
    source : openvino.Output
        The weights that the model was read with.
    transposed : bool
        Whether the first axis of a MatMul's weights is that of the input.
    """

    name: str
    node: ov.Node
    out_features: int
    in_shape: tuple[int, ...]
    source: ov.Output
    transposed: bool = False

    def weights(self) -> NDArray[np.float32]:
        """Return the weights that the model was read with, decompressed, as shape (output features, input features)."""
        plain = ov.Model([ops.result(ops.convert(self.source, "f32"))], [])
        (value,) = core().compile_model(plain, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})({}).values()
        flat = value.reshape(len(value), -1)
        return np.array(flat.T if self.transposed else flat)

    @property
    def is_convolution(self) -> bool:
        """Whether it is a Convolution."""
        return bool(self.node.get_type_name() == "Convolution")

    @property
    def dtype(self) -> ov.Type:
        """The type of its output."""
        return self.node.get_output_element_type(0)

    def constant(self, values: NDArray[np.float32]) -> ov.Node:
        """Return values in its type."""
        return ops.constant(np.ascontiguousarray(values), self.dtype)

    def shaped(self, rows: NDArray[np.float32]) -> ov.Node:
        """Return rows in the layout of its weights, for MatMul with the second factor transposed."""
        return self.constant(rows.reshape(-1, *self.in_shape))

    def shaped_bias(self, bias: NDArray[np.float32]) -> ov.Node:
        """Return a bias in the layout of its output."""
        return self.constant(bias.reshape(1, -1, 1, 1) if self.is_convolution else bias)


def layers_of(model: ov.Model) -> Iterator[Layer]:
    """Yield the layers of a model. A module that is used twice gives two layers of the same name."""
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        named = _NAME.match(node.get_friendly_name())
        if kind not in ("MatMul", "Convolution") or named is None or not _is_constant(node.input_value(1)):
            continue
        name = named[1].replace(".", "_")
        shape = tuple(node.input_value(1).get_shape())
        if kind == "Convolution" and len(shape) == 4:
            yield Layer(name, node, shape[0], shape[1:], node.input_value(1))
        elif len(shape) == 2 and not node.get_attributes()["transpose_a"]:
            transposed = not node.get_attributes()["transpose_b"]
            out_features, in_features = reversed(shape) if transposed else shape
            yield Layer(name, node, out_features, (in_features,), node.input_value(1), transposed)


def _is_constant(output: ov.Output) -> bool:
    node = output.get_node()
    if node.get_type_name() in _DECOMPRESSION:
        return all(_is_constant(each.get_source_output()) for each in node.inputs())
    return bool(node.get_type_name() == "Constant")
