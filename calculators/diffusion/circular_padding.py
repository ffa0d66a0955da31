"""Convolutions that continue an image at its opposite edge, for textures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from graphframe.inference import Prepare


@dataclass(frozen=True)
class CircularPadding:
    """A change to a model by which its images fit to themselves at their edges, as tiles do.

    Each convolution pads its input with the opposite edge instead of zeros: PyTorch's ``padding_mode="circular"``.

    Attributes
    ----------
    before : callable or None
        The change that is made first.

    Raises
    ------
    ValueError
        When it is called, if no convolution of the model pads its input.
    """

    before: Prepare | None

    def __call__(self, model: ov.Model) -> ov.Model:
        """Change the model in place, and return it."""
        model = model if self.before is None else self.before(model)
        convolutions = [node for node in model.get_ops() if node.get_type_name() == "Convolution"]
        padding = [node for node in convolutions if any(map(any, _pads(node)))]
        if not padding:
            raise ValueError("tiling needs a model whose convolutions pad their inputs, e.g. a UNet; this one has none")
        for node in padding:
            _replace(node)
        model.validate_nodes_and_infer_types()
        return model


def _pads(node: ov.Node) -> list[tuple[int, int]]:
    """Return the widths of the padding before and after each axis of an image."""
    attributes = node.get_attributes()
    pads = zip(attributes["pads_begin"], attributes["pads_end"], strict=True)
    return [*pads]


def _replace(node: ov.Node) -> None:
    image, weights = (node.input_value(number) for number in range(2))
    attributes = node.get_attributes()
    for axis, pad in enumerate(_pads(node), start=2):
        if any(pad):
            image = _wrapped(image, axis, *pad)
    none = [0] * len(attributes["pads_begin"])
    made = ops.convolution(image, weights, attributes["strides"], none, none, attributes["dilations"])
    made.set_friendly_name(node.get_friendly_name())
    made.output(0).get_tensor().set_names(node.output(0).get_tensor().get_names())
    for reader in node.output(0).get_target_inputs():
        reader.replace_source_output(made.output(0))


def _wrapped(image: ov.Output, axis: int, before: int, after: int) -> ov.Output:
    """Return an image, continued along an axis with what is at its other end."""
    step, axes, end = (np.array([value], np.int64) for value in (1, axis, np.iinfo(np.int64).max))
    parts = [image]
    if before:
        parts.insert(0, ops.slice(image, np.array([-before], np.int64), end, step, axes).output(0))
    if after:
        parts.append(ops.slice(image, np.array([0], np.int64), np.array([after], np.int64), step, axes).output(0))
    return ops.concat(parts, axis).output(0)
