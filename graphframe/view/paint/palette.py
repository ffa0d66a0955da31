"""The colours of boxes: by device or, where times are known, by time.

The usual kinds of devices have fixed colours; others get the remaining ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from graphframe.view.diagram import Box, Diagram


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
_HEAT = (
    (0.5, "50 % of the time or more", Colour("#f5894a", "#b8480c")),
    (0.2, "20 to 50 %", Colour("#fbb46b", "#c9711c")),
    (0.05, "5 to 20 %", Colour("#fdd79b", "#c99a3f")),
    (0.01, "1 to 5 %", Colour("#fdedc4", "#c2ab68")),
    (0.0, "less than 1 %", Colour("#fffaea", "#b5ad92")),
)
"""The least share of the time, its text and its colour."""


class BoxColours:
    """The colours of the boxes of a diagram, without those of subgraphs."""

    def __init__(self, diagram: Diagram) -> None:
        self._boxes = [box for box in diagram.all_boxes() if box.inside is None]
        self._devices = colours(box.device for box in self._boxes)
        self._runs = diagram.runs
        self.by_time = any(box.time for box in self._boxes)

    def __getitem__(self, box: Box) -> Colour:
        if not self.by_time:
            return self._devices.get(box.device, INLINE)
        if box.time is None:
            return INLINE
        share = box.time.share
        return next(colour for least, _, colour in _HEAT if share >= least)

    def meanings(self) -> Iterator[tuple[Colour, str]]:
        """Yield each colour and what it means, for a legend."""
        if self.by_time:
            yield from ((colour, text) for _, text, colour in _HEAT)
            yield INLINE, f"not used, in {self._runs} request{'s' * (self._runs != 1)}"
            return
        for device, colour in self._devices.items():
            yield colour, device
        if self._devices and any(not box.device for box in self._boxes):
            yield INLINE, "no device"


def colours(devices: Iterable[str]) -> dict[str, Colour]:
    """Return a colour for each device. The first of a kind, such as GPU.0, has the usual one; others are repeated."""
    named = sorted(set(devices) - {""})
    firsts = {kind: next((device for device in named if device.split(".")[0] == kind), "") for kind in _USUAL}
    found = {device: _USUAL[kind] for kind, device in firsts.items()}
    others = [device for device in named if device not in found]
    found |= {device: _OTHERS[number % len(_OTHERS)] for number, device in enumerate(others)}
    return {device: found[device] for device in named}
