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
_LAYERS = ("MatMul", "Convolution")
_NORMS = ("MVN", "GroupNormalization")
_DECOMPRESSION = {"Convert", "Subtract", "Multiply", "Reshape"}
"""The operations between compressed weights and a layer."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A MatMul or a Convolution with constant weights, plain or compressed, or a normalisation.

    Attributes
    ----------
    name : str
        Its module's path, with ``_`` for ``.``.
    node : openvino.Node
    out_features : int
        The number of output features or channels.
    in_shape : tuple of int
        (features,) of a MatMul's input; (channels, height, width) of a Convolution's kernel; () for a normalisation.
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
        node = self.source.get_node()
        if node.get_type_name() == "Convert":
            node = node.input_value(0).get_node()
        if node.get_type_name() == "Constant" and node.get_element_type() in (ov.Type.f32, ov.Type.f16):
            value = node.data  # a compilation would take longer than all the rest
        else:
            plain = ov.Model([ops.result(ops.convert(self.source, "f32"))], [])
            (value,) = core().compile_model(plain, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})({}).values()
        flat = value.reshape(len(value), -1)
        return np.array(flat.T if self.transposed else flat, np.float32)

    @property
    def kind(self) -> str:
        """The type of its operation."""
        return str(self.node.get_type_name())

    @property
    def output(self) -> ov.Output:
        """Its output, which a layer normalisation multiplies and adds to after its operation."""
        node = self.node
        while self.kind == "MVN" and len(targets := node.output(0).get_target_inputs()) == 1:
            after = next(iter(targets)).get_node()
            named = _NAME.match(after.get_friendly_name())
            if after.get_type_name() not in ("Multiply", "Add") or named is None or _flat(named) != self.name:
                break
            node = after
        return node.output(0)

    def with_weights(self, weights: NDArray[np.float32]) -> ov.Node:
        """Return the operation with other weights, shape (output features, input features), and without a bias."""
        data, attributes = self.node.input_value(0), self.node.get_attributes()
        constant = self.constant(weights.reshape(-1, *self.in_shape))
        if self.kind == "MatMul":
            return ops.matmul(data, constant, False, True)
        if self.kind == "Convolution":
            where = [attributes[name] for name in ("strides", "pads_begin", "pads_end", "dilations", "auto_pad")]
            return ops.convolution(data, constant, *where)
        if self.kind == "GroupNormalization":
            zeros = self.constant(np.zeros(len(weights), np.float32))
            return ops.group_normalization(data, constant, zeros, attributes["num_groups"], attributes["epsilon"])
        where = [attributes[name] for name in ("normalize_variance", "eps", "eps_mode")]
        return ops.multiply(ops.mvn(data, self.node.input_value(1), *where), constant)

    @property
    def dtype(self) -> ov.Type:
        """The type of its output."""
        return self.node.get_output_element_type(0)

    def constant(self, values: NDArray[np.float32]) -> ov.Node:
        """Return values in its type."""
        return ops.constant(np.ascontiguousarray(values), self.dtype)

    def of_channels(self, values: ov.Node) -> ov.Node:
        """Return a value of each output feature in the layout of its output."""
        if self.kind in ("MatMul", "MVN"):
            return values
        return ops.reshape(values, np.array([1, -1, 1, 1]), False)


def layers_of(model: ov.Model) -> Iterator[Layer]:
    """Yield the layers of a model. A module that is used twice gives two layers of the same name."""
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        named = _NAME.match(node.get_friendly_name())
        if kind not in _LAYERS + _NORMS or named is None or not (kind == "MVN" or _is_constant(node.input_value(1))):
            continue
        name, weights = _flat(named), node.input_value(1)
        if kind in _NORMS:
            channels = node.get_output_partial_shape(0)[1 if kind == "GroupNormalization" else -1]
            if channels.is_static:
                yield Layer(name, node, channels.get_length(), (), weights)
            continue
        shape = tuple(weights.get_shape())
        if kind == "Convolution" and len(shape) == 4:
            yield Layer(name, node, shape[0], shape[1:], weights)
        elif len(shape) == 2 and not node.get_attributes()["transpose_a"]:
            transposed = not node.get_attributes()["transpose_b"]
            out_features, in_features = reversed(shape) if transposed else shape
            yield Layer(name, node, out_features, (in_features,), weights, transposed)


def _flat(named: re.Match[str]) -> str:
    return named[1].replace(".", "_")


def _is_constant(output: ov.Output) -> bool:
    node = output.get_node()
    if node.get_type_name() in _DECOMPRESSION:
        return all(_is_constant(each.get_source_output()) for each in node.inputs())
    return bool(node.get_type_name() == "Constant")
