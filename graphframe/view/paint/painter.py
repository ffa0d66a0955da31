"""The SVG elements of a drawing.

Attributes let the page move and hide elements: `data-box` is the room of an element that keeps its size, `data-inside`
that of the inside of a subgraph, `data-gaps` the gaps between its layers, `data-stream` the key of a stream, and
`data-node` the name of a node in the whole graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, takewhile
from xml.etree.ElementTree import Element

from graphframe.view import measure
from graphframe.view.diagram import Box, Diagram, DrawnStream
from graphframe.view.drawing import Drawing, Pill, PlacedBox, PlacedPort, Wire
from graphframe.view.layout.items import Point
from graphframe.view.layout.routing import Curve
from graphframe.view.paint.element import add, classes, numbers
from graphframe.view.paint.palette import BoxColours
from graphframe.view.text_width import text_width

_DOT, _STUB_DOT = 2.6, 3.2
_ASCENT = 0.72
"""The distance of the baseline of a text from the top of its row, as a part of the height of the row."""


class Painter:
    """A painter of the drawings of a diagram. It numbers the boxes in the order of `Diagram.all_boxes`."""

    def __init__(self, diagram: Diagram) -> None:
        self._numbers = {box: number for number, box in enumerate(diagram.all_boxes())}
        self._colours = BoxColours(diagram)

    def paint(self, parent: Element, drawing: Drawing, x: float, y: float) -> None:
        """Add a drawing at (x, y): the lines first, so that texts lie above them."""
        for wire in drawing.wires:
            _wire(parent, wire, x, y)
        for pill in drawing.pills:
            _pill(parent, pill, x, y)
        for box in drawing.boxes:
            self._box(parent, box, x + box.x, y + box.y, (x, y))

    def _box(self, parent: Element, placed: PlacedBox, x: float, y: float, origin: Point) -> None:
        box = placed.box
        size = {"x": x, "y": y, "width": placed.width, "height": placed.height}
        kind = "box" if placed.inside is None else "subgraph"
        group = add(
            parent,
            "g",
            class_=classes(kind, box.time is not None and "timed"),
            id=f"box{self._numbers[box]}",
            data_node=box.name,
        )
        group.set("role", "graphics-symbol")
        add(group, "title", details(box))
        if placed.inside is None:
            colour = self._colours[box]
            group.set("data-box", numbers(x, y, placed.width, placed.height + placed.below))
            add(group, "rect", **size, rx=6, fill=colour.fill, stroke=colour.line)
            _rows(group, box, x + placed.width / 2, y)
        else:
            top, bottom = y + placed.inside_y, y + placed.height - measure.footer(box)
            group.set("data-inside", numbers(x, top, placed.width, bottom - top))
            add(group, "rect", class_="frame", **size, rx=9)
            gaps = numbers(*(top + end for gap in placed.inside.gaps for end in gap))
            self.paint(add(group, "g", class_="inside", data_gaps=gaps), placed.inside, x + placed.inside_x, top)
        for port in placed.inputs:
            _input(group, port, origin[0] + port.x, y, placed)
        for port in placed.outputs:
            _output(group, port, origin[0] + port.x, y + placed.height, placed)
        if placed.inside is not None:
            _header(group, box, x + placed.width / 2, y)


def details(box: Box) -> str:
    """Return all that the text says of a node, except its ports."""
    name = [] if box.name == box.calculator else [box.name]
    device = [f"device: {box.device}"] if box.device else []
    time = [f"time in a request: {measure.time_text(box.time)}"] if box.time else []
    return "\n".join(filter(None, [*name, box.calculator, *device, *time, box.settings, box.options]))


def stream_key(stream: DrawnStream) -> str:
    """Return a key of a stream that differs from that of a side packet of the same name."""
    return f"side packet {stream.name}" if stream.is_side_packet else f"stream {stream.name}"


def _side(stream: DrawnStream) -> str | bool:
    return stream.is_side_packet and "side"


def _wire(parent: Element, wire: Wire, x: float, y: float) -> None:
    branches = ([(px + x, py + y) for px, py in branch] for branch in _branches(wire.curves))
    d = " ".join(f"M{numbers(*start)}C{numbers(*chain.from_iterable(rest))}" for start, *rest in branches)
    kind = classes("wire", _side(wire.stream), wire.is_back and "back")
    path = add(parent, "path", class_=kind, d=d, data_stream=stream_key(wire.stream))
    add(path, "title", stream_key(wire.stream))


def _branches(curves: Iterable[Curve]) -> Iterator[Curve]:
    """Yield the part of each curve that is not in an earlier one: a shared part drawn twice would look bolder."""
    drawn: set[tuple[Point, ...]] = set()
    for curve in curves:
        pieces = [tuple(curve[start : start + 4]) for start in range(0, len(curve) - 1, 3)]
        shared = len(list(takewhile(drawn.__contains__, pieces)))
        drawn.update(pieces)
        if shared < len(pieces):
            yield curve[3 * shared :]


def _pill(parent: Element, pill: Pill, x: float, y: float) -> None:
    stream = pill.port.stream
    room = (x + pill.x, y + pill.y, pill.width, pill.height)
    kind = classes("pill", pill.role, _side(stream))
    group = add(parent, "g", class_=kind, data_stream=stream_key(stream), data_box=numbers(*room))
    role = {"input": "input", "output": "output", "missing": "no producer", "again": "from above"}[pill.role]
    add(group, "title", f"{stream_key(stream)}: {role}")
    add(group, "rect", x=room[0], y=room[1], width=room[2], height=room[3], rx=room[3] / 2)
    add(group, "text", measure.pill_text(pill.port), x=room[0] + room[2] / 2, y=room[1] + room[3] / 2 + 4)
    if pill.role == "output":
        _arrow(group, room[0] + room[2] / 2, room[1])


def _rows(group: Element, box: Box, middle: float, y: float) -> None:
    y += measure.PADDING + measure.tag_row(box.inputs)
    for row in measure.rows(box):
        add(group, "text", row.text, class_=row.style, x=middle, y=y + row.height * _ASCENT)
        y += row.height


def _header(parent: Element, box: Box, middle: float, y: float) -> None:
    """Add the title of a subgraph. A click on it collapses or expands the subgraph."""
    width = max(row.width for row in measure.rows(box)) + 2 * measure.MARGIN
    room = (middle - width / 2, y, width, measure.header(box))
    group = add(parent, "g", class_="header", data_box=numbers(*room))
    _rows(group, box, middle, y)
    name = measure.rows(box)[0]
    left = middle - name.width / 2 - 12
    height = y + measure.PADDING + measure.tag_row(box.inputs) + name.height / 2
    add(group, "path", class_="toggle", d=f"M{numbers(left - 4, height - 3)}h8l-4 6z")


def _port(parent: Element, placed: PlacedPort, x: float, y: float, height: float, is_border: bool) -> Element:
    stream = placed.port.stream
    group = add(parent, "g", class_=classes("port", _side(stream)), data_stream=stream_key(stream))
    if is_border:
        width = measure.port_width(placed.port, placed.is_named)
        group.set("data-box", numbers(x - width / 2, y, width, height))
    return group


def _input(parent: Element, placed: PlacedPort, x: float, y: float, of: PlacedBox) -> None:
    port = placed.port
    group = _port(parent, placed, x, y, measure.header(of.box), of.inside is not None)
    if of.inside:
        top = y + (measure.TAG_ROW + 4 if port.tag else 0)
        add(group, "path", class_="through", d=f"M{numbers(x, top)}V{numbers(y + of.inside_y)}")
    _arrow(group, x, y, port.is_back_edge)
    if port.tag:
        add(group, "text", port.tag, class_="tag", x=x, y=y + measure.PADDING + 7)


def _arrow(group: Element, x: float, y: float, is_back: bool = False) -> None:
    add(group, "path", class_=classes("arrow", is_back and "back"), d=f"M{numbers(x - 4, y - 7)}h8l-4 7z")


def _output(parent: Element, placed: PlacedPort, x: float, y: float, of: PlacedBox) -> None:
    port = placed.port
    footer = measure.footer(of.box)
    group = _port(parent, placed, x, y - footer, footer + of.below, of.inside is not None)
    if of.inside and not port.tag:
        add(group, "path", class_="through", d=f"M{numbers(x, y - footer)}V{numbers(y)}")
    if placed.is_dangling:
        add(group, "path", class_="stub", d=f"M{numbers(x, y)}v{numbers(measure.STUB)}")
        add(group, "circle", class_="stub", cx=x, cy=y + measure.STUB, r=_STUB_DOT)
    add(group, "circle", class_="dot", cx=x, cy=y, r=_DOT)
    if port.tag:
        add(group, "text", port.tag, class_="tag", x=x, y=y - measure.PADDING)
    if placed.is_named:
        _label(group, port.stream.label, x, y + 13 + (measure.STUB + 2) * placed.is_dangling)


def _label(group: Element, text: str, x: float, y: float) -> None:
    """Add a text that a line passes, over a pale background."""
    width = text_width(text, measure.LABEL_SIZE) + 4
    add(group, "rect", class_="behind", x=x - width / 2, y=y - 9, width=width, height=12, rx=3)
    add(group, "text", text, class_="label", x=x, y=y)
