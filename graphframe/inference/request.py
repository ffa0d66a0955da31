"""An infer request of OpenVINO with its own input memory."""

from __future__ import annotations

from collections.abc import Sequence

import openvino as ov

from graphframe.inference.inputs import Array


class Request:
    """An infer request that runs one inference at a time. It is not thread-safe.

    Parameters
    ----------
    compiled : openvino.CompiledModel
        The model.
    """

    # NOTE: inputs are copied into permanent tensors. With the caller's memory OpenVINO would have to adapt to a new
    # tensor each time, which takes ten times as long as copying the inputs of a denoising step.
    def __init__(self, compiled: ov.CompiledModel) -> None:
        self._request: ov.InferRequest = compiled.create_infer_request()
        self._ports: list[ov.ConstOutput] = compiled.inputs
        self._memory: list[Array | None] = [None] * len(self._ports)

    def infer(self, inputs: Sequence[Array]) -> list[Array]:
        """Return copies of the outputs for `inputs`; both are in the model's order."""
        for index, array in enumerate(inputs):
            if array.dtype.kind == "U":
                self._request.set_tensor(self._ports[index], ov.Tensor(array))
            else:
                self._buffer(index, array.shape)[...] = array
        return list(self._request.infer().values())

    def _buffer(self, index: int, shape: tuple[int, ...]) -> Array:
        memory = self._memory[index]
        if memory is None or memory.shape != shape:
            tensor = ov.Tensor(self._ports[index].element_type, shape)
            self._request.set_tensor(self._ports[index], tensor)
            memory = self._memory[index] = tensor.data
        return memory
