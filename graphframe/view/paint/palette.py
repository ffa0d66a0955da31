"""The colour of each device. The usual kinds have fixed colours; others get the remaining ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Colour(NamedTuple):
    """The colours of a box."""

    fill: str
    line: str


INLINE = Colour("#f1f3f5", "#98a2ad")
"""The colour of nodes without a device."""
_USUAL = {
    "CPU": Colour("#dcebff", "#3f7fd6"),
    "GPU": Colour("#d9f3df", "#2f9151"),
    "NPU": Colour("#ffe6cc", "#d9822b"),
}
_OTHERS = (
    Colour("#ebe4ff", "#7d5bd6"),
    Colour("#fde2ee", "#cc4a83"),
    Colour("#d2f3f1", "#17878a"),
    Colour("#fbf0bd", "#a98600"),
    Colour("#ecdccf", "#8a5a37"),
)


def colours(devices: Iterable[str]) -> dict[str, Colour]:
    """Return a colour for each device. The first of a kind, such as GPU.0, has the usual one; others are repeated."""
    named = sorted(set(devices) - {""})
    firsts = {kind: next((device for device in named if device.split(".")[0] == kind), "") for kind in _USUAL}
    found = {device: _USUAL[kind] for kind, device in firsts.items()}
    others = [device for device in named if device not in found]
    found |= {device: _OTHERS[number % len(_OTHERS)] for number, device in enumerate(others)}
    return {device: found[device] for device in named}
