"""Models that are compiled for fixed shapes of their inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TypeAlias

import numpy as np
import openvino as ov

from graphframe.inference.caller import Caller
from graphframe.inference.errors import InferenceError
from graphframe.inference.inputs import Array
from graphframe.inference.loading import load_model
from graphframe.inference.model import CompiledModel
from graphframe.inference.outputs import Outputs
from graphframe.speed import Speed

Shape: TypeAlias = tuple[int | None, ...]
"""None stands for a dimension that stays as it is in the model file, fixed or dynamic."""
Shapes: TypeAlias = Mapping[str, Shape]
"""The shapes of inputs by name."""
Prepare: TypeAlias = Callable[[ov.Model], ov.Model]


class InferenceModel(Protocol):
    """A model as calculators use it, compiled for one or several shapes."""

    inputs: dict[str, ov.PartialShape]
    outputs: tuple[str, ...]

    def infer(
        self, caller: Caller, inputs: Mapping[str, Array], *, remaining: int = 1, background: bool = False
    ) -> dict[str, Array]:
        """Run an inference; see `CompiledModel.infer`."""


def load_shaped_model(
    path: Path,
    shapes: Sequence[Shapes],
    device: str = "CPU",
    properties: Mapping[str, str] = MappingProxyType({}),
    *,
    prepare: Prepare | None = None,
    speed: Speed = "exact",
) -> InferenceModel:
    """Load a model and compile it for each of `shapes`.

    The other parameters are those of `load_model`.

    Parameters
    ----------
    shapes : sequence of Shapes
        Input shapes. Inputs that they do not name, and sizes that are None, keep those in the model file; -1 stands
        for any size. An empty sequence compiles the model once, as it is.
    prepare : callable, optional
        A function that changes the model, as in `load_model`. It gets the model in its new shapes.
    speed : Speed
        See `load_model`.

    Raises
    ------
    ModelError, DeviceError
        See `load_model`.
    """
    if not shapes:
        return load_model(path, device, properties, prepare=prepare, speed=speed)
    wanted = dict.fromkeys(tuple(each.items()) for each in shapes)
    models = [load_model(path, device, properties, prepare=_Reshape(each, prepare), speed=speed) for each in wanted]
    is_fixed = any((size or 0) > 0 for each in wanted for _, shape in each for size in shape)
    return ShapedModel(models) if is_fixed else models[0]


@dataclass(frozen=True)
class _Reshape:
    shapes: tuple[tuple[str, Shape], ...]
    prepare: Prepare | None

    def __call__(self, model: ov.Model) -> ov.Model:
        wanted = dict(self.shapes)
        model.reshape(
            {
                port: [
                    dimension if size is None else size
                    for dimension, size in zip(port.partial_shape, wanted[port.any_name], strict=True)
                ]
                for port in model.inputs
                if port.any_name in wanted
            }
        )
        return model if self.prepare is None else self.prepare(model)


class ShapedModel:
    """A model that is compiled for several shapes. It is thread-safe.

    An inference uses the first compiled model whose shapes fit the inputs. The number of rows (the first axis) may
    differ: the rows are then split into batches, and the last batch is padded.

    Parameters
    ----------
    models : sequence of CompiledModel
        The compiled models of one file, one for each combination of shapes.
    """

    def __init__(self, models: Sequence[CompiledModel]) -> None:
        self._models = models
        self._shapes = [{name: _shape_of(port) for name, port in model.inputs.items()} for model in models]
        self.inputs = models[0].inputs
        self.outputs = models[0].outputs

    def infer(
        self, caller: Caller, inputs: Mapping[str, Array], *, remaining: int = 1, background: bool = False
    ) -> dict[str, Array]:
        """Run an inference, in several batches if necessary; see `CompiledModel.infer`.

        Raises
        ------
        InferenceError
            If the inputs fit none of the shapes, or the inference fails.
        """
        for model, shapes in zip(self._models, self._shapes, strict=True):
            cut = _rows(shapes, inputs)
            if cut is None:
                continue
            rows, taken = cut
            if rows == taken:
                return model.infer(caller, inputs, remaining=remaining, background=background)
            batches = [*_batches(shapes, inputs, rows, taken)]
            done = [
                model.infer(caller, batch, remaining=remaining * len(batches) - index, background=background)
                for index, batch in enumerate(batches)
            ]
            whole = [(name, np.concatenate([outputs[name] for outputs in done])[:rows]) for name in self.outputs]
            return Outputs(self._models[0].path, whole)
        expected = " or ".join(map(_describe, self._shapes))
        found = _describe({name: np.shape(array) for name, array in inputs.items()})
        raise InferenceError(f"model {self._models[0].path}: expected inputs {expected}; found {found}")


def _rows(shapes: Shapes, inputs: Mapping[str, Array]) -> tuple[int, int] | None:
    """Return the number of rows of the inputs and of a batch, or None if the inputs do not fit.

    The numbers are equal if one batch is enough.
    """
    found = set()
    for name, array in inputs.items():
        shape = shapes.get(name)
        if shape is not None and not _fits(array.shape, shape):
            if not shape or not _fits(array.shape[1:], shape[1:]) or shape[0] is None:
                return None
            found.add((len(array), shape[0]))
    if not found:
        return 1, 1
    return found.pop() if len(found) == 1 else None


def _batches(shapes: Shapes, inputs: Mapping[str, Array], rows: int, taken: int) -> Iterator[dict[str, Array]]:
    for start in range(0, rows, taken):
        indexes = np.minimum(np.arange(start, start + taken), rows - 1)  # pads with the last row
        yield {name: array if _fits(array.shape, shapes[name]) else array[indexes] for name, array in inputs.items()}


def _fits(shape: Shape, taken: Shape) -> bool:
    return len(shape) == len(taken) and all(
        size is None or size == given for given, size in zip(shape, taken, strict=True)
    )


def _shape_of(port: ov.PartialShape) -> Shape:
    return tuple(dimension.get_length() if dimension.is_static else None for dimension in port)


def _describe(shapes: Shapes) -> str:
    return ", ".join(
        f'"{name}" [{",".join("?" if size is None else str(size) for size in shape)}]' for name, shape in shapes.items()
    )
