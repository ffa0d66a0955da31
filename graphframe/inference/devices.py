"""The devices that OpenVINO finds on this machine."""

from __future__ import annotations

import contextlib
import os
from typing import Any, NamedTuple

from graphframe.inference.core import core
from graphframe.inference.device import parts


class DeviceInfo(NamedTuple):
    """A device, and what matters about it.

    Attributes
    ----------
    device : str
        What graphs call it, such as ``"GPU.1"``.
    name : str
        What its maker calls it.
    type : str
        ``"integrated"`` or ``"discrete"``; the CPU is integrated.
    memory : int or None
        In bytes: its own, or for the CPU that of the machine; None if it does not tell.
    streams : int
        The most inferences that it runs at once.
    capabilities : tuple of str
        Precisions, and what else it does, in OpenVINO's words.
    """

    device: str
    name: str
    type: str
    memory: int | None
    streams: int
    capabilities: tuple[str, ...]


def devices() -> list[DeviceInfo]:
    """All devices that are there."""
    return [_describe(device) for device in core().available_devices]


def memory_of(device: str) -> int | None:
    """The bytes of memory of a device; None if it does not tell, or is made of several.

    Parameters
    ----------
    device : str
        Any device string.
    """
    among = set(parts(device))
    if len(among) > 1:
        return None
    name = among.pop()
    if name.startswith("CPU"):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    total = _property(name, f"{name.partition('.')[0]}_DEVICE_TOTAL_MEM_SIZE")
    return None if total is None else int(total)


def _describe(device: str) -> DeviceInfo:
    kind = _property(device, "DEVICE_TYPE")
    return DeviceInfo(
        device,
        str(_property(device, "FULL_DEVICE_NAME") or ""),
        "" if kind is None else kind.name.lower(),
        memory_of(device),
        int((_property(device, "RANGE_FOR_STREAMS") or (1, 1))[1]),
        tuple(_property(device, "OPTIMIZATION_CAPABILITIES") or ()),
    )


def _property(device: str, name: str) -> Any:
    with contextlib.suppress(RuntimeError):  # it does not have it
        return core().get_property(device, name)
    return None
