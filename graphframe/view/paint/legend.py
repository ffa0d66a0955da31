"""The legend of the colours and lines in a drawing."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from graphframe.view import measure
from graphframe.view.diagram import Diagram
from graphframe.view.drawing import Drawing
from graphframe.view.paint.element import add, numbers
from graphframe.view.paint.palette import BoxColours, Colour
from graphframe.view.text_width import text_width

ROW = 22.0
_SAMPLE, _SPACE = 26.0, 20.0


def legend(parent: Element, diagram: Diagram, drawing: Drawing, width: float) -> tuple[float, float]:
    """Add a legend at (0, 0) that is about `width` wide at most; returns its width and height."""
    group = add(parent, "g", class_="legend")
    x, y, widest = 0.0, 0.0, 0.0
    for sample, text in (*BoxColours(diagram).meanings(), *_lines(drawing)):
        length = _SAMPLE + 6 + text_width(text, measure.TEXT_SIZE)
        if x and x + length > width:
            x, y = 0.0, y + ROW
        _sample(group, sample, x, y + ROW / 2)
        add(group, "text", text, x=x + _SAMPLE + 6, y=y + ROW / 2 + 4)
        x += length + _SPACE
        widest = max(widest, x - _SPACE)
    return widest, y + ROW


def _lines(drawing: Drawing) -> Iterator[tuple[Colour | str, str]]:
    drawings = list(_all(drawing))
    wires = [wire for each in drawings for wire in each.wires]
    if any(not wire.stream.is_side_packet and not wire.is_back for wire in wires):
        yield "wire", "stream"
    if any(wire.stream.is_side_packet for wire in wires):
        yield "side wire", "side packet"
    if any(wire.is_back for wire in wires):
        yield "back wire", "back edge"
    roles = {pill.role for each in drawings for pill in each.pills}
    texts = {"input": "input", "output": "output", "missing": "no producer", "again": "side packet from above"}
    yield from ((f"pill {role}", text) for role, text in texts.items() if role in roles)


def _all(drawing: Drawing) -> Iterator[Drawing]:
    yield drawing
    for box in drawing.boxes:
        if box.inside:
            yield from _all(box.inside)


def _sample(group: Element, sample: Colour | str, x: float, middle: float) -> None:
    room = {"x": x, "y": middle - 7, "width": _SAMPLE, "height": 14}
    if isinstance(sample, Colour):
        add(group, "rect", **room, rx=4, fill=sample.fill, stroke=sample.line)
    elif "pill" in sample:
        add(add(group, "g", class_=sample), "rect", **room, rx=7)
    else:
        add(group, "path", class_=sample, d=f"M{numbers(x, middle)}h{numbers(_SAMPLE)}")
