"""Models that are compiled for a device."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import openvino as ov

from graphframe.inference.activity import Inference, activity
from graphframe.inference.caller import Caller
from graphframe.inference.errors import InferenceError
from graphframe.inference.inputs import Array, ModelInputs
from graphframe.inference.lane import lane_for
from graphframe.inference.request import Request
from graphframe.inference.times import InferenceTimes


class Compiled(NamedTuple):
    """What OpenVINO compiled, and what its inputs and outputs are called."""

    model: ov.CompiledModel
    inputs: Sequence[str]
    outputs: Sequence[str]


class CompiledModel:
    """A model on a device; `load_model` makes it. It is thread-safe.

    Attributes
    ----------
    path : pathlib.Path
        The file that the model was read from.
    device : str
        The device string, and with it the lane, that the model is on.
    inputs : dict of str to openvino.PartialShape
        The shape of each input by its name, in the model's order.
    outputs : tuple of str
        The names of the outputs, in the model's order.
    """

    def __init__(self, compile_model: Callable[[], Compiled], path: Path, device: str) -> None:
        self.path = path
        self.device = device
        self._compile = compile_model
        compiled, inputs, outputs = compile_model()
        self._compiled = compiled
        self._inputs = ModelInputs(compiled.inputs, inputs, f'model {path} on device "{device}"')
        self.inputs = self._inputs.shapes
        self.outputs = tuple(outputs)
        self._times = InferenceTimes()
        self._requests: dict[int, Request] = {}
        self._lane = lane_for(device)
        self._lane.grow(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))

    @property
    def execution_devices(self) -> tuple[str, ...]:
        """The devices that work on it now, in OpenVINO's words; ``"AUTO"`` can change its mind."""
        return tuple(self._compiled.get_property("EXECUTION_DEVICES"))

    def infer(
        self, caller: Caller, inputs: Mapping[str, Array], *, remaining: int = 1, background: bool = False
    ) -> dict[str, Array]:
        """Run one inference; wait for a slot of the device before it. Other threads run meanwhile.

        Parameters
        ----------
        caller : Caller
            On whose behalf.
        inputs : mapping of str to array
            All inputs of the model by name, with its element types, though integers may be of another size; text as an
            array or a list of str.
        remaining : int
            How many inferences of this size the caller still has before it, this one included.
        background : bool
            Whether to wait behind other inferences on the device (see `Lane.acquire`).

        Returns
        -------
        dict of str to array
            The outputs by name; the arrays are the caller's own.

        Raises
        ------
        InferenceError
            The inputs are not what the model takes, or the inference failed.
        Exception
            What `caller.raise_if_cancelled` raises, when cancelled before the inference began.
        """
        arrays, shapes = self._inputs.check(inputs)
        # NOTE: earliest ideal completion first: the least remaining work, and as whoever comes later has a later
        # start, nobody waits for ever.
        key = caller.started + remaining * self._times.expected(shapes)
        slot = self._lane.acquire(caller, key, background)
        began = time.perf_counter()
        try:
            outputs = self._request(slot).infer(arrays)
            self._times.record(shapes, time.perf_counter() - began)
        except Exception as error:
            self._renew(slot)
            raise InferenceError.failed(self.path, self.device, error) from error
        finally:
            if activity.logs:
                activity.note(Inference(self.path, self._lane.device, slot, began, time.perf_counter()))
            self._lane.release(slot)
        return dict(zip(self.outputs, outputs, strict=True))

    def _request(self, slot: int) -> Request:
        if slot not in self._requests:
            self._requests[slot] = Request(self._compiled)
        return self._requests[slot]

    def _renew(self, slot: int) -> None:
        """Compile the model anew for the next inference in a slot.

        NOTE: after an inference that failed, the CPU plugin (2026.4) takes the shapes that it knew before to be
        unchanged, and fails on them again, in all requests of the compiled model.
        """
        self._requests.pop(slot, None)
        with contextlib.suppress(RuntimeError):
            self._compiled = self._compile().model
