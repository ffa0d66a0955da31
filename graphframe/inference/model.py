"""Models that are compiled for a device."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import openvino as ov

from graphframe.inference.activity import Inference, activity
from graphframe.inference.caller import Caller
from graphframe.inference.errors import InferenceError
from graphframe.inference.inputs import Array, ModelInputs
from graphframe.inference.lane import lane_for
from graphframe.inference.mapped_files import releasing
from graphframe.inference.outputs import Outputs
from graphframe.inference.request import Request
from graphframe.inference.times import InferenceTimes


class Compilation(NamedTuple):
    """A model compiled by OpenVINO, and the names of its inputs and outputs in the model's order.

    As long as `cache_use` is open, its entry in the model cache is kept.
    """

    model: ov.CompiledModel
    inputs: Sequence[str]
    outputs: Sequence[str]
    cache_use: IO[str] | None = None


class CompiledModel:
    """A model on a device, created by `load_model`. It is thread-safe.

    Attributes
    ----------
    path : pathlib.Path
        The model file.
    device : str
        The device string. It selects the lane too.
    inputs : dict of str to openvino.PartialShape
        The shape of each input by its name, in the model's order.
    outputs : tuple of str
        The names of the outputs, in the model's order.
    output_shapes : dict of str to openvino.PartialShape
        The shape of each output by its name.
    """

    def __init__(self, compile_model: Callable[[], Compilation], path: Path, device: str) -> None:
        self.path = path
        self.device = device
        self._compile = compile_model
        compiled, inputs, outputs, self._cache_use = compile_model()
        self._compiled = compiled
        self._inputs = ModelInputs(compiled.inputs, inputs, f'model {path} on device "{device}"')
        self.inputs = self._inputs.shapes
        self.outputs = tuple(outputs)
        self.output_shapes = {name: port.partial_shape for name, port in zip(outputs, compiled.outputs, strict=True)}
        self._times = InferenceTimes()
        self._requests: dict[int, Request] = {}
        self._lane = lane_for(device)
        self._lane.grow(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))

    @property
    def execution_devices(self) -> tuple[str, ...]:
        """The devices that run the model now, as OpenVINO names them. ``"AUTO"`` may change them."""
        return tuple(self._compiled.get_property("EXECUTION_DEVICES"))

    def infer(
        self, caller: Caller, inputs: Mapping[str, Array], *, remaining: int = 1, background: bool = False
    ) -> dict[str, Array]:
        """Wait for a slot of the device and run one inference. Both release the interpreter lock.

        Parameters
        ----------
        caller : Caller
            The caller, which has the share and the cancellation of the inference.
        inputs : mapping of str to array
            All inputs of the model by name, in its element types. Integers may be of another size. Text is an array
            or a list of str.
        remaining : int
            The number of inferences of this size that the caller still has to do, including this one.
        background : bool
            Whether other inferences on the device overtake this one (see `Lane.acquire`).

        Returns
        -------
        dict of str to array
            The outputs by name; the arrays are copies. A wrong name is an InferenceError, which lists the right ones.

        Raises
        ------
        InferenceError
            If the inputs do not fit the model, or the inference fails.
        Exception
            The exception of `caller.raise_if_cancelled`, if the caller is cancelled before the inference begins.
        """
        arrays, shapes = self._inputs.check(inputs)
        expected = self._times.expected(shapes)
        with self._lane.slot(caller, remaining * expected, background, expected) as slot:
            began = time.perf_counter()
            try:
                with releasing() if not expected else contextlib.nullcontext():  # the weights may be packed for them
                    outputs = self._request(slot).infer(arrays)
                self._times.record(shapes, time.perf_counter() - began)
            except Exception as error:
                self._renew(slot)
                raise InferenceError.failed(self.path, self.device, error) from error
            finally:
                activity.note(Inference(self.path, self._lane.device, slot, began, time.perf_counter()))
        return Outputs(self.path, zip(self.outputs, outputs, strict=True))

    def _request(self, slot: int) -> Request:
        if slot not in self._requests:
            self._requests[slot] = Request(self._compiled)
        return self._requests[slot]

    def _renew(self, slot: int) -> None:
        """Compile the model again for the next inference in a slot.

        NOTE: after a failed inference the CPU plugin (2026.4) takes the shapes of an earlier inference for unchanged.
        It then fails again, in all requests of the compiled model.
        """
        self._requests.pop(slot, None)
        with contextlib.suppress(RuntimeError):
            self._compiled = self._compile().model
