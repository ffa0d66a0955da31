"""OpenVINO's device strings: their parts, and advice about strings that do not work."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

DEFAULT = "DEFAULT"
"""In a graph, the device that is chosen when it is loaded: see `default_device`."""
COMBINATIONS = {"AUTO", "BATCH", "HETERO", "MULTI"}
"""Names of devices that combine other devices."""


def normalise(device: str) -> str:
    """Return a device string as OpenVINO spells it. An empty string means the CPU.

    Examples
    --------
    >>> normalise("auto: gpu, cpu")
    'AUTO:GPU,CPU'
    """
    return "".join(device.split()).upper() or "CPU"


def parts(device: str) -> list[str]:
    """Return the devices that a device string combines.

    Examples
    --------
    >>> parts("AUTO:GPU.1,CPU"), parts("BATCH:CPU(4)")
    (['GPU.1', 'CPU'], ['CPU'])
    """
    return [part.lstrip("-").split("(")[0] for part in device.split(":")[-1].split(",")]


def advice(device: str, available: Iterable[str], properties: Mapping[str, str], supported: Iterable[str]) -> str:
    """Return a sentence that says what to do about a device that refused a model.

    Parameters
    ----------
    device : str
        The normalised device string.
    available : iterable of str
        The devices that OpenVINO found on this machine.
    properties : mapping
        The device properties that were given.
    supported : iterable of str
        The names of the properties that the device supports.
    """
    kinds = {name.split(".")[0] for name in available}
    absent = [part for part in parts(device) if part.split(".")[0] not in kinds | COMBINATIONS]
    if absent:
        return (
            f"Not found: {', '.join(absent)}. Bind the node to an available device, "
            f"or install the driver of the missing one."
        )
    guesses = [
        f'"{name}" (did you mean "{close[0]}"?)'
        for name in sorted(properties.keys() - set(supported))
        if (close := difflib.get_close_matches(name, supported, n=1))
    ]
    if guesses:
        return f"Unknown property: {' '.join(guesses)}"
    if properties:
        given = ", ".join(f"{name}={value}" for name, value in properties.items())
        return f"Correct the device properties ({given}), or bind the node to another device."
    return "Bind the node to another of the available devices."
