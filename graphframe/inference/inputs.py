"""The inputs of a model, and their validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from graphframe.inference.errors import InferenceError
from graphframe.inference.times import InputShapes

Array = npt.NDArray[Any]


_OF_ANY_SIZE = "iU"
"""Kinds of elements, integers and text, whose size may differ from the model's: text encoders take int32 or int64."""


class _Input:
    """The name, element type and shape of an input."""

    def __init__(self, port: ov.ConstOutput, name: str) -> None:
        self.name = name
        self.shape: ov.PartialShape = port.partial_shape
        is_text = port.element_type == ov.Type.string
        self.dtype = np.dtype(np.str_ if is_text else port.element_type.to_dtype())

    def __str__(self) -> str:
        return f'"{self.name}" {_kind(self.dtype)}{self.shape.to_string()}'

    def takes(self, array: Array) -> bool:
        """Return whether the element type and shape fit. Integers may be of another size."""
        kind = array.dtype.kind
        if array.dtype != self.dtype and (kind != self.dtype.kind or kind not in _OF_ANY_SIZE):
            return False
        return bool(self.shape.compatible(ov.PartialShape(list(array.shape))))


class ModelInputs:
    """The inputs of a model.

    Parameters
    ----------
    ports : sequence of openvino.ConstOutput
        The input ports of a compiled model.
    names : sequence of str
        The name of each input.
    model : str
        The words for the model in error messages.
    """

    def __init__(self, ports: Sequence[ov.ConstOutput], names: Sequence[str], model: str) -> None:
        self._inputs = [_Input(port, name) for port, name in zip(ports, names, strict=True)]
        self._model = model
        self.shapes: dict[str, ov.PartialShape] = {each.name: each.shape for each in self._inputs}
        self._names = list(self.shapes)
        self._last: object = None

    def check(self, arrays: Mapping[str, Array]) -> tuple[list[Array], InputShapes]:
        """Return the arrays in the model's order, and their shapes.

        Raises
        ------
        InferenceError
            If a name, an element type or a shape does not fit the model.
        """
        if arrays.keys() != self.shapes.keys():
            raise self._error(f"inputs {', '.join(map(str, self._inputs))}", ", ".join(arrays) or "none")
        ordered = [np.asarray(arrays[name]) for name in self._names]
        shapes = tuple([array.shape for array in ordered])
        # NOTE: a denoise loop calls this with the same shapes and types at every step.
        kind = [array.dtype for array in ordered], shapes
        if kind != self._last:
            for each, array in zip(self._inputs, ordered, strict=True):
                if not each.takes(array):
                    shape = ",".join(map(str, array.shape))
                    raise self._error(f"input {each}", f"{_kind(array.dtype)}[{shape}]")
            self._last = kind
        return ordered, shapes

    def _error(self, expected: str, found: str) -> InferenceError:
        return InferenceError(f"{self._model}: expected {expected}; found {found}")


def _kind(dtype: np.dtype[Any]) -> str:
    return "text" if dtype.kind == "U" else str(dtype)
