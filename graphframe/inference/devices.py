"""The devices that OpenVINO finds on this machine."""

from __future__ import annotations

import contextlib
import os
from typing import Any, NamedTuple

from graphframe.inference.core import core
from graphframe.inference.device import parts


class DeviceInfo(NamedTuple):
    """A device and its properties.

    Attributes
    ----------
    device : str
        The name that graphs use, e.g. ``"GPU.1"``.
    name : str
        The product name, as its driver reports it.
    type : str
        ``"integrated"`` or ``"discrete"``; the CPU is integrated.
    memory : int or None
        Its memory in bytes; the machine's memory for the CPU. None if the driver does not report it.
    streams : int
        The largest number of inferences that it runs at once.
    capabilities : tuple of str
        Precisions and other optimisations, as OpenVINO names them.
    """

    device: str
    name: str
    type: str
    memory: int | None
    streams: int
    capabilities: tuple[str, ...]


def devices() -> list[DeviceInfo]:
    """Return all available devices."""
    return [_describe(device) for device in core().available_devices]


def memory_of(device: str) -> int | None:
    """Return the memory of a device in bytes, or None if it is unknown or the string names several devices.

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
    total = property_of(name, f"{name.partition('.')[0]}_DEVICE_TOTAL_MEM_SIZE")
    return None if total is None else int(total)


def _describe(device: str) -> DeviceInfo:
    kind = property_of(device, "DEVICE_TYPE")
    return DeviceInfo(
        device,
        str(property_of(device, "FULL_DEVICE_NAME") or ""),
        "" if kind is None else kind.name.lower(),
        memory_of(device),
        int((property_of(device, "RANGE_FOR_STREAMS") or (1, 1))[1]),
        tuple(property_of(device, "OPTIMIZATION_CAPABILITIES") or ()),
    )


def property_of(device: str, name: str) -> Any:
    """Return a property of a device, or None if the device does not support it."""
    with contextlib.suppress(RuntimeError):
        return core().get_property(device, name)
    return None
