"""The device of nodes that are bound to none in particular: chosen as OpenVINO Model Server chooses it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from graphframe.inference.core import core
from graphframe.inference.device import DEFAULT, normalise
from graphframe.inference.devices import property_of

_log = logging.getLogger(__name__)


class Gpu(NamedTuple):
    """A GPU of this machine.

    Attributes
    ----------
    device : str
    discrete : bool
        Whether it is not a part of the processor.
    free_memory : int
        Bytes that this process does not use; 0 if the driver does not report the memory.
    """

    device: str
    discrete: bool
    free_memory: int


class ChosenDevice(NamedTuple):
    """A device, and the reason why it was chosen, as the end of a sentence."""

    device: str
    reason: str

    def __str__(self) -> str:
        """Return both for people."""
        return f"{self.device}: {self.reason}"


def gpus() -> list[Gpu]:
    """Return the GPUs that OpenVINO finds, in its order."""
    return [_describe(device) for device in core().available_devices if device.startswith("GPU")]


def choose_device(find_gpus: Callable[[], Sequence[Gpu]] | None = None) -> ChosenDevice:
    """Return the discrete GPU, the one with most free memory of several, else the first GPU, else the CPU.

    An NPU is never chosen.

    Parameters
    ----------
    find_gpus : callable, optional
        Returns the GPUs to choose from; by default `gpus`.
    """
    found = (find_gpus or gpus)()
    discrete = [gpu for gpu in found if gpu.discrete]
    if len(discrete) == 1:
        return ChosenDevice(discrete[0].device, "it is the only discrete GPU")
    if discrete:
        best = max(discrete, key=lambda gpu: gpu.free_memory)
        reason = f"of {len(discrete)} discrete GPUs, it has the most free memory, {best.free_memory / 2**30:.1f} GiB"
        return ChosenDevice(best.device, reason)
    if found:
        return ChosenDevice(found[0].device, "there is an integrated GPU, but no discrete one")
    return ChosenDevice("CPU", "OpenVINO finds no GPU")


def resolve(device: str) -> str:
    """Return a device string as OpenVINO spells it, with a device of this machine for ``"DEFAULT"``.

    That is the same one in the whole process.
    """
    device = normalise(device)
    return _of_process() if device == DEFAULT else device


@functools.cache
def _of_process() -> str:
    chosen = choose_device()
    _log.info("nodes on %s use %s", DEFAULT, chosen)
    return chosen.device


def _describe(device: str) -> Gpu:
    kind = property_of(device, "DEVICE_TYPE")
    total = property_of(device, "GPU_DEVICE_TOTAL_MEM_SIZE") or 0
    used = (property_of(device, "GPU_MEMORY_STATISTICS") or {}).get("usm_device", 0)
    return Gpu(device, kind is not None and kind.name == "DISCRETE", total - used)
