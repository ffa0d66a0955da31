"""Convolutions behind doubled images, in four ninths of the arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops
from openvino.utils import replace_node

from graphframe.inference.core import core

_DOUBLING = {
    ("asymmetric", "floor"),
    ("half_pixel", "round_prefer_floor"),
    ("half_pixel", "round_prefer_ceil"),
}
"""The coordinate transformations and roundings with which doubling an image repeats each pixel."""


def fuse_upsampling(model: ov.Model) -> int:
    """Replace nearest 2x upsampling and a 3x3 convolution by four 2x2 convolutions of the small image.

    Two neighbouring pixels of the doubled image are equal, so each output pixel is a sum over 2x2 pixels of the small
    image, whose weights are sums of those of the 3x3 kernel. Which ones depends on whether its row and column are even.
    The four results are interleaved by DepthToSpace. Stride, padding and dilation must be those of an image that keeps
    its size, and its doubling must be certain: sizes that an inference computes are left alone, as in UNets of dynamic
    shape, which upsample to the size of a skip connection.

    Parameters
    ----------
    model : openvino.Model
        It is changed in place. Its weights may be compressed to integers or float16.

    Returns
    -------
    int
        The number of places that were replaced.
    """
    places = [node for node in model.get_ordered_ops() if _follows_doubling(node)]
    for convolution in places:
        image = convolution.input_value(0).get_node().input_value(0)
        kernel = _constant(convolution.input_value(1))
        is_small = convolution.input_value(1).get_node().get_type_name() != "Constant"
        parts = [
            ops.convolution(image, _weights(part, is_small), [1, 1], [1 - row, 1 - column], [row, column], [1, 1])
            for row, rows in enumerate(_halves(kernel, 2))
            for column, part in enumerate(_halves(rows, 3))
        ]
        doubled = ops.depth_to_space(ops.concat(parts, 1), "blocks_first", 2)
        doubled.set_friendly_name(convolution.get_friendly_name())
        replace_node(convolution, doubled)
    if places:
        model.validate_nodes_and_infer_types()
    return len(places)


def _follows_doubling(node: ov.Node) -> bool:
    if node.get_type_name() != "Convolution" or not _keeps_size(node.get_attributes()):
        return False
    weights = node.input_value(1)
    return (
        weights.partial_shape.is_static
        and list(weights.shape)[2:] == [3, 3]
        and node.get_output_element_type(0) == ov.Type.f32
        and _is_doubling(node.input_value(0).get_node())
        and _is_constant(weights)
    )


def _keeps_size(attributes: dict[str, Any]) -> bool:
    ones = all(list(attributes[name]) == [1, 1] for name in ("strides", "dilations", "pads_begin", "pads_end"))
    return ones and attributes["auto_pad"] == "explicit"


def _is_doubling(node: ov.Node) -> bool:
    if node.get_type_name() != "Interpolate" or node.input_value(0).partial_shape.rank.get_max_length() != 4:
        return False
    attributes = node.get_attributes()
    if attributes["mode"] != "nearest" or any([*attributes["pads_begin"], *attributes["pads_end"]]):
        return False
    if (attributes["coordinate_transformation_mode"], attributes["nearest_mode"]) not in _DOUBLING:
        return False
    before, after = (list(port.partial_shape) for port in (node.input_value(0), node.output(0)))
    if all(each.is_static for each in (*before[2:], *after[2:])):
        return before[:2] == after[:2] and all(
            2 * small.get_length() == large.get_length() for small, large in zip(before[2:], after[2:], strict=True)
        )
    sizes, axes = (node.input_value(index).get_node() for index in (1, node.get_input_size() - 1))
    return (
        attributes["shape_calculation_mode"] == "scales"
        and all(each.get_type_name() == "Constant" for each in (sizes, axes))
        and dict(zip(axes.data.tolist(), sizes.data.tolist(), strict=False)) == {2: 2.0, 3: 2.0}
    )


def _is_constant(port: ov.Output) -> bool:
    node = port.get_node()
    inputs = node.input_values()
    return all(map(_is_constant, inputs)) if inputs else bool(node.get_type_name() == "Constant")


def _constant(port: ov.Output) -> NDArray[np.float32]:
    compiled = core().compile_model(ov.Model([port], []), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled({})[0], np.float32)


def _halves(kernel: NDArray[np.float32], axis: int) -> list[NDArray[np.float32]]:
    """Return the kernels of even and of odd rows or columns, with two weights instead of three."""
    first, middle, last = np.split(kernel, 3, axis)
    return [np.concatenate((first, middle + last), axis), np.concatenate((first + middle, last), axis)]


def _weights(kernel: NDArray[np.float32], is_small: bool) -> ov.Node:
    """Return the weights as float32, or in half of the memory if they were compressed."""
    if is_small and np.abs(kernel).max() < np.finfo(np.float16).max:
        return ops.convert(ops.constant(kernel.astype(np.float16)), "f32")
    return ops.constant(kernel)
