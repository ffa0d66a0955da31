"""The layers of a model that LoRA can change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import openvino as ov

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
    transposed : bool
        Whether the first axis of a MatMul's weights is that of the input.
    """

    name: str
    node: ov.Node
    out_features: int
    in_shape: tuple[int, ...]
    transposed: bool = False


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
            yield Layer(name, node, shape[0], shape[1:])
        elif len(shape) == 2 and not node.get_attributes()["transpose_a"]:
            transposed = not node.get_attributes()["transpose_b"]
            out_features, in_features = reversed(shape) if transposed else shape
            yield Layer(name, node, out_features, (in_features,), transposed)


def _is_constant(output: ov.Output) -> bool:
    node = output.get_node()
    if node.get_type_name() in _DECOMPRESSION:
        return all(_is_constant(each.get_source_output()) for each in node.inputs())
    return bool(node.get_type_name() == "Constant")
