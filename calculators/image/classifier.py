"""Image classifiers: model files with one image as input and scores of classes as output."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino.preprocess import ColorFormat, PrePostProcessor
from PIL import Image

from graphframe.images import Size
from graphframe.inference import Caller, CompiledModel


@dataclass(frozen=True)
class TakePixels:
    """Make a classifier take one image of uint8, shape (1, height, width, 3), RGB, in its own fixed size.

    Parameters
    ----------
    size : Size or None
        The size of the input; None if the model has one.
    mean, std : tuple of float
        For each channel, of values from 0 to 1; empty for 0 and 1. Models whose input is integers get 0 to 255.
    bgr : bool
        Whether the model expects the channels in the order blue, green, red.
    """

    size: Size | None
    mean: tuple[float, ...]
    std: tuple[float, ...]
    bgr: bool

    def __call__(self, model: ov.Model) -> ov.Model:
        if len(model.inputs) != 1 or len(model.input().partial_shape) != 4:
            found = ", ".join(f"{port.any_name} {port.partial_shape}" for port in model.inputs)
            raise ValueError(f"a classifier has one input, with four dimensions; this model has {found}")
        shape = model.input().partial_shape
        # NOTE: exported models often have no fixed dimension at all; they have the channels first, as in PyTorch.
        layout = "NHWC" if _is(shape[3], 3) and not _is(shape[1], 3) else "NCHW"
        width, height = shape[layout.index("W")], shape[layout.index("H")]
        if self.size:
            wanted = {"N": 1, "C": 3, "H": self.size.height, "W": self.size.width}
        elif width.is_static and height.is_static:
            wanted = {"N": 1, "C": 3, "H": height.get_length(), "W": width.get_length()}
        else:
            raise ValueError(
                f"the model takes images of any size ({shape}): set resolution to the size it was made for"
            )
        model.reshape([wanted[axis] for axis in layout])
        steps = PrePostProcessor(model)
        of_input = steps.input()
        of_input.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_color_format(ColorFormat.RGB)
        of_input.model().set_layout(ov.Layout(layout))
        if self.bgr:
            of_input.preprocess().convert_color(ColorFormat.BGR)
        if model.input().element_type.is_real():
            of_input.preprocess().convert_element_type(ov.Type.f32)
            of_input.preprocess().mean([255 * value for value in self.mean or (0.0, 0.0, 0.0)])
            of_input.preprocess().scale([255 * value for value in self.std or (1.0, 1.0, 1.0)])
        return steps.build()


class Classifier:
    """A classifier that was loaded with `TakePixels`. It is thread-safe.

    Parameters
    ----------
    model : CompiledModel
    output : str
        The name of the output; may be empty if the model has one.

    Attributes
    ----------
    classes : int or None
        The number of values of the output, if the model has a fixed one.

    Raises
    ------
    ValueError
        If the model has no such output.
    """

    def __init__(self, model: CompiledModel, output: str) -> None:
        self._model = model
        if not output and len(model.outputs) == 1:
            (output,) = model.outputs
        if output not in model.outputs:
            missing = (
                f'model {model.path} has no output "{output}"' if output else f"model {model.path} has several outputs"
            )
            raise ValueError(f"{missing}: set output to one of {', '.join(model.outputs)}")
        self._output_name = output
        shape = model.output_shapes[output]
        self.classes = math.prod(shape.get_shape()) if shape.is_static else None
        ((self._input_name, pixels),) = model.inputs.items()
        _, self._height, self._width, _ = (dimension.get_length() for dimension in pixels)

    def output(self, caller: Caller, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the output for an image as one row.

        Parameters
        ----------
        caller : Caller
        pixels
            Shape (height, width, 3), RGB, of any size: the image is resized to the model's.

        Raises
        ------
        InferenceError
            If the inference fails.
        """
        # NOTE: Pillow's filter takes all pixels into account when it shrinks an image; OpenVINO's does not.
        small = Image.fromarray(pixels).resize((self._width, self._height), Image.Resampling.BILINEAR)
        outputs = self._model.infer(caller, {self._input_name: np.asarray(small)[None]})
        return np.asarray(outputs[self._output_name], np.float32).ravel()


def _is(dimension: ov.Dimension, length: int) -> bool:
    return bool(dimension == ov.Dimension(length))
