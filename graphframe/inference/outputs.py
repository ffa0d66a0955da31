"""The outputs of an inference."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from graphframe.inference.errors import InferenceError
from graphframe.inference.inputs import Array


class Outputs(dict[str, Array]):
    """The outputs of an inference by name, in the model's order. A name that is missing is an InferenceError.

    Parameters
    ----------
    model : pathlib.Path
        The model file.
    outputs : iterable of (str, array)
    """

    def __init__(self, model: Path, outputs: Iterable[tuple[str, Array]]) -> None:
        super().__init__(outputs)
        self._model = model

    def __missing__(self, name: str) -> Array:
        known = ", ".join(f'"{known}"' for known in self)
        raise InferenceError(f'model {self._model} has no output "{name}"; it has: {known}')
