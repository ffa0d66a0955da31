"""Device strings of OpenVINO: what is in one, and what to tell whoever wrote one that does not work."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

COMBINATIONS = {"AUTO", "BATCH", "HETERO", "MULTI"}
"""Names of devices that are made of others."""


def normalise(device: str) -> str:
    """The device string as OpenVINO spells it; the empty one means the CPU.

    Examples
    --------
    >>> normalise("auto: gpu, cpu")
    'AUTO:GPU,CPU'
    """
    return "".join(device.split()).upper() or "CPU"


def parts(device: str) -> list[str]:
    """The devices that a device string combines.

    Examples
    --------
    >>> parts("AUTO:GPU.1,CPU"), parts("BATCH:CPU(4)")
    (['GPU.1', 'CPU'], ['CPU'])
    """
    return [part.lstrip("-").split("(")[0] for part in device.split(":")[-1].split(",")]


def advice(device: str, available: Iterable[str], properties: Mapping[str, str], supported: Iterable[str]) -> str:
    """What to do about a device that refused a model.

    Parameters
    ----------
    device : str
        The normalised device string.
    available : iterable of str
        The devices that OpenVINO found on this machine.
    properties : mapping
        What was asked of the device.
    supported : iterable of str
        The names of the properties that it has.
    """
    kinds = {name.split(".")[0] for name in available}
    absent = [part for part in parts(device) if part.split(".")[0] not in kinds | COMBINATIONS]
    if absent:
        return (
            f"Not among them: {', '.join(absent)}. Bind the node to one of them, "
            f"or install the driver of the missing device."
        )
    guesses = [
        f'"{name}", did you mean "{close[0]}"?'
        for name in sorted(properties.keys() - set(supported))
        if (close := difflib.get_close_matches(name, supported, n=1))
    ]
    if guesses:
        return f"Unknown property: {' '.join(guesses)}"
    if properties:
        given = ", ".join(f"{name}={value}" for name, value in properties.items())
        return f"Correct the device properties ({given}), or bind the node to another device."
    return "Bind the node to another device, by a name from that list."
