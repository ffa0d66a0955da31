"""The places of all parts of a diagram. Every subgraph is laid out by itself, and is one box in the graph around it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal

from graphframe.view import measure
from graphframe.view.diagram import Box, Diagram, DrawnPort, DrawnStream
from graphframe.view.layout.items import Anchor, Edge, Item, Pin
from graphframe.view.layout.layered import lay_out
from graphframe.view.layout.layering import assign_layers
from graphframe.view.layout.routing import Curve

Role = Literal["input", "output", "missing", "again"]
_FAR = 4
"""The least number of layers that a side packet goes down to a pill that repeats its name, instead of a line."""


@dataclass(frozen=True)
class PlacedPort:
    """A port at the top or bottom of a box.

    Attributes
    ----------
    x : float
        Distance from the left of the drawing that the box is in.
    is_named : bool
        Whether the name of the stream is written there.
    is_dangling : bool
        Whether the stream is taken by no node and no output of the graph.
    """

    port: DrawnPort
    x: float
    is_named: bool = False
    is_dangling: bool = False


@dataclass(frozen=True)
class PlacedBox:
    """A box with its place in the drawing around it.

    Attributes
    ----------
    below : float
        The height of the text below it.
    inside_x, inside_y : float
        The origin of the drawing inside of it, from its own corner.
    """

    box: Box
    x: float
    y: float
    width: float
    height: float
    below: float
    inputs: tuple[PlacedPort, ...]
    outputs: tuple[PlacedPort, ...]
    inside: Drawing | None
    inside_x: float
    inside_y: float


@dataclass(frozen=True)
class Pill:
    """An input or output of the graph, or a stand-in for the producer of a stream: a missing one, or one far above."""

    port: DrawnPort
    role: Role
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Wire:
    """The edges of a stream in one drawing that go down, or one back edge of it."""

    stream: DrawnStream
    curves: tuple[Curve, ...]
    is_back: bool = False


@dataclass(frozen=True)
class Drawing:
    """A diagram with places for all its parts, from (0, 0) on.

    Attributes
    ----------
    gaps : tuple of (float, float)
        The top and bottom of the gaps between its layers.
    """

    width: float
    height: float
    gaps: tuple[tuple[float, float], ...]
    boxes: tuple[PlacedBox, ...]
    pills: tuple[Pill, ...]
    wires: tuple[Wire, ...]


def draw(diagram: Diagram) -> Drawing:
    """Place all parts of a diagram."""
    entries = [_pill(port, "input") for port in diagram.inputs]
    exits = [_pill(port, "output") for port in diagram.outputs]
    taken = {port.stream for box in diagram.boxes for port in box.inputs}
    only_in_pills = {port.stream for port in diagram.outputs} - taken
    drawing = _arrange(diagram, [item for _, _, item in entries], [item for _, _, item in exits], only_in_pills)
    return replace(drawing, pills=(*drawing.pills, *(_place(pill) for pill in (*entries, *exits))))


@dataclass(frozen=True)
class _Part:
    """A box as an item; the anchors are in the order of the ports."""

    box: Box
    item: Item
    tops: list[Anchor]
    bottoms: list[Anchor]
    inside: Drawing | None = None
    inside_x: float = 0


def _arrange(diagram: Diagram, entries: Sequence[Item], exits: Sequence[Item], unnamed: Set[DrawnStream]) -> Drawing:
    """Place the parts of a diagram, in which the items `entries` and `exits` stand for its inputs and outputs.

    The names of the streams in `unnamed` are not written at the boxes that they come from.
    """
    taken = {port.stream for port in (*(port for box in diagram.boxes for port in box.inputs), *diagram.outputs)}
    parts = [_part(box, unnamed, taken) for box in diagram.boxes]
    producers = _producers(diagram, entries, parts)
    consumers = _consumers(diagram, exits, parts)
    missing = [_pill(DrawnPort("", stream), "missing") for stream in consumers if stream not in producers]
    for port, _, item in missing:
        producers[port.stream] += item.bottoms
    edges = {
        stream: [Edge(tail, head, is_back) for tail in producers[stream] for head, is_back in heads]
        for stream, heads in consumers.items()
    }
    items = [*entries, *(item for _, _, item in missing), *(part.item for part in parts), *exits]
    again = _repeated(items, edges, exits)
    items += [item for _, _, item in again]
    layout = lay_out(items, [edge for of_stream in edges.values() for edge in of_stream])
    boxes = tuple(_place_box(part, unnamed, taken) for part in parts)
    wires = tuple(wire for stream, found in edges.items() for wire in _wires(stream, found, layout.curves))
    return Drawing(
        layout.width, layout.height, tuple(layout.gaps), boxes, tuple(map(_place, (*missing, *again))), wires
    )


def _repeated(items: Sequence[Item], edges: dict[DrawnStream, list[Edge]], exits: Sequence[Item]) -> list[_PillItem]:
    """Replace the edges of side packets that go far down by edges from pills, and return these.

    Edges to `exits` are kept.
    """
    assign_layers(items, [edge for of_stream in edges.values() for edge in of_stream])
    pills = []
    for stream, of_stream in edges.items():
        if stream.is_side_packet:
            far = [edge for edge in of_stream if edge.head.item.layer - edge.tail.item.layer >= _FAR]
            far = [edge for edge in far if edge.head.item not in exits]
            for layer in sorted({edge.head.item.layer for edge in far}):
                pill = _pill(DrawnPort("", stream), "again")
                pills.append(pill)
                edges[stream] = [
                    Edge(pill[2].bottoms[0], edge.head) if edge in far and edge.head.item.layer == layer else edge
                    for edge in edges[stream]
                ]
    return pills


def _producers(
    diagram: Diagram, entries: Sequence[Item], parts: Iterable[_Part]
) -> defaultdict[DrawnStream, list[Anchor]]:
    """Return the anchors at which each stream begins."""
    found: defaultdict[DrawnStream, list[Anchor]] = defaultdict(list)
    for port, item in zip(diagram.inputs, entries, strict=True):
        found[port.stream] += item.bottoms
    for part in parts:
        for port, anchor in zip(part.box.outputs, part.bottoms, strict=True):
            found[port.stream].append(anchor)
    return found


def _consumers(
    diagram: Diagram, exits: Sequence[Item], parts: Iterable[_Part]
) -> Mapping[DrawnStream, list[tuple[Anchor, bool]]]:
    """Return the anchors at which each stream ends, each with whether that is a back edge."""
    found: defaultdict[DrawnStream, list[tuple[Anchor, bool]]] = defaultdict(list)
    for part in parts:
        for port, anchor in zip(part.box.inputs, part.tops, strict=True):
            found[port.stream].append((anchor, port.is_back_edge))
    for port, item in zip(diagram.outputs, exits, strict=True):
        found[port.stream].append((item.tops[0], False))
    return found


_PillItem = tuple[DrawnPort, Role, Item]


def _pill(port: DrawnPort, role: Role) -> _PillItem:
    ends_here = role == "output"
    width = measure.pill_width(port)
    tops, bottoms = ([Anchor(width)], []) if ends_here else ([], [Anchor(width)])
    pin = None if role in ("missing", "again") or port.stream.is_side_packet else Pin.LAST if ends_here else Pin.FIRST
    return port, role, Item(width, measure.PILL_HEIGHT, tops, bottoms, pin=pin)


def _place(pill: _PillItem) -> Pill:
    port, role, item = pill
    return Pill(port, role, item.x, item.y, item.width, item.height)


def _part(box: Box, unnamed: Set[DrawnStream], taken: Set[DrawnStream]) -> _Part:
    top_widths = [measure.port_width(port, False) for port in box.inputs]
    bottom_widths = [measure.port_width(port, port.stream not in unnamed) for port in box.outputs]
    titles = max(row.width for row in measure.rows(box)) + 2 * measure.MARGIN
    height = measure.header(box) + measure.footer(box)
    below = measure.LABEL_ROW + measure.STUB * any(port.stream not in taken for port in box.outputs)
    if box.inside is None:
        tops, bottoms = [Anchor(width) for width in top_widths], [Anchor(width) for width in bottom_widths]
        width = max(titles, sum(top_widths) + measure.PADDING, sum(bottom_widths) + measure.PADDING)
        item = Item(width, height, list(tops), list(bottoms), below, earliest=1)
        return _Part(box, item, tops, bottoms)
    entries = [Item(width, 0, [], [Anchor(width)], pin=Pin.FIRST) for width in top_widths]
    exits = [Item(width, 0, [Anchor(width)], [], pin=Pin.LAST) for width in bottom_widths]
    inside = _arrange(box.inside, entries, exits, {port.stream for port in (*box.inside.inputs, *box.inside.outputs)})
    width = max(titles, inside.width + 2 * measure.MARGIN)
    inside_x = (width - inside.width) / 2
    tops = [Anchor(x=inside_x + item.x + item.width / 2) for item in entries]
    bottoms = [Anchor(x=inside_x + item.x + item.width / 2) for item in exits]
    in_order = (sorted(tops, key=lambda anchor: anchor.x), sorted(bottoms, key=lambda anchor: anchor.x))
    item = Item(width, height + inside.height, *in_order, below, fixed=True, earliest=1)
    return _Part(box, item, tops, bottoms, inside, inside_x)


def _place_box(part: _Part, unnamed: Set[DrawnStream], taken: Set[DrawnStream]) -> PlacedBox:
    box, item = part.box, part.item
    inputs = tuple(PlacedPort(port, anchor.at) for port, anchor in zip(box.inputs, part.tops, strict=True))
    outputs = tuple(
        PlacedPort(port, anchor.at, port.stream not in unnamed, port.stream not in taken)
        for port, anchor in zip(box.outputs, part.bottoms, strict=True)
    )
    corner, size = (item.x, item.y), (item.width, item.height, item.below)
    return PlacedBox(box, *corner, *size, inputs, outputs, part.inside, part.inside_x, measure.header(box))


def _wires(stream: DrawnStream, edges: Sequence[Edge], curves: Mapping[Edge, Curve]) -> Iterator[Wire]:
    """Yield one wire for the edges that go down, and one for each back edge, which is declared or closes a cycle."""
    back = [edge for edge in edges if edge.is_back or edge.tail.item.layer >= edge.head.item.layer]
    if forward := tuple(curves[edge] for edge in edges if edge not in back):
        yield Wire(stream, forward)
    for edge in back:
        yield Wire(stream, (curves[edge],), is_back=True)
