"""The sizes of boxes and pills, and of the rows of text in them. Lengths are in pixels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from graphframe.view.diagram import Box, DrawnPort, NodeTime
from graphframe.view.text_width import text_width

NAME_SIZE, TEXT_SIZE, LABEL_SIZE, TAG_SIZE = 13.0, 11.0, 10.5, 9.0
TAG_ROW, NAME_ROW, TEXT_ROW, LABEL_ROW = 13.0, 18.0, 15.0, 17.0
PADDING, MARGIN = 7.0, 16.0
"""The space between the edge of a box and its text; the space around the inside of a subgraph."""
PILL_HEIGHT = 26.0
STUB = 12.0
"""The length of the line at an output that is not taken."""


@dataclass(frozen=True)
class Row:
    """A line of text in a box; `style` is its CSS class."""

    text: str
    style: str
    size: float
    height: float

    @property
    def width(self) -> float:
        """The width of its text."""
        return text_width(self.text, self.size, self.style == "name")


def rows(box: Box) -> list[Row]:
    """Return the text in a box from top to bottom. A node without a name of its own has that of its calculator."""
    own_name = not re.fullmatch(re.escape(box.calculator) + r"(_\d+)?", box.label)
    found = [Row(box.label, "name", NAME_SIZE, NAME_ROW)]
    if own_name:
        found.append(Row(box.calculator, "calculator", TEXT_SIZE, TEXT_ROW))
    if box.device:
        found.append(Row(box.device, "device", TEXT_SIZE, TEXT_ROW))
    if box.time:
        found.append(Row(time_text(box.time), "time", TEXT_SIZE, TEXT_ROW))
    return found


def time_text(time: NodeTime) -> str:
    """Return the text of a time, such as ``"1.20 s, 81 %"``."""
    seconds = f"{time.seconds:.2f} s" if time.seconds >= 1 else f"{time.seconds * 1000:.1f} ms"
    return f"{seconds}, {time.share * 100:.{0 if time.share >= 0.1 else 1}f} %"


def tag_row(ports: Iterable[DrawnPort]) -> float:
    """Return the height of the row of tags at one side of a box."""
    return TAG_ROW if any(port.tag for port in ports) else 0


def header(box: Box) -> float:
    """Return the height of the part above the inside of a subgraph; in another box, down to the end of its text."""
    return PADDING + tag_row(box.inputs) + sum(row.height for row in rows(box))


def footer(box: Box) -> float:
    """Return the height of the part below the header and the inside."""
    return PADDING + tag_row(box.outputs)


def port_width(port: DrawnPort, is_named: bool) -> float:
    """Return the width of the text at a port: its tag, and the name of its stream if that is written there."""
    label = text_width(port.stream.label, LABEL_SIZE) if is_named else 0
    return max(text_width(port.tag, TAG_SIZE), label, 6) + 10


def pill_text(port: DrawnPort) -> str:
    """Return the text in the pill of an input or output of the graph."""
    return f"{port.tag}:{port.stream.label}" if port.tag else port.stream.label


def pill_width(port: DrawnPort) -> float:
    """Return the width of the pill of an input or output of the graph."""
    return text_width(pill_text(port), TEXT_SIZE) + 28
