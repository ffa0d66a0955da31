"""A graph as a flowchart in Mermaid, which forges and documentation tools draw in Markdown."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from graphframe.view import measure
from graphframe.view.diagram import Box, Diagram, DrawnPort, DrawnStream
from graphframe.view.paint.element import written
from graphframe.view.paint.palette import BoxColours, Colour

_PLAIN = " _/():,"
_INK = "color:#20262d"
_CLASSES = {
    "input": "fill:#2f3b48,stroke:#2f3b48,color:#ffffff",
    "side_input": "fill:#6d4aa6,stroke:#6d4aa6,color:#ffffff",
    "output": f"fill:#ffffff,stroke:#2f3b48,{_INK}",
    "missing": "fill:#fff4f2,stroke:#cc4b37,color:#a8321f,stroke-dasharray:3 3",
    "unused": "fill:#ffffff,stroke:#6b7885",
    "inside": f"fill:#f6f8fa,stroke:#8896a5,{_INK}",
}
_SIDE, _BACK = "stroke:#8464b8", "stroke:#cc4b37,stroke-dasharray:9 3"

_Key = tuple[str, bool]


def to_mermaid(diagram: Diagram, title: str) -> str:
    """Write a graph as a flowchart, with its subgraphs as groups of nodes.

    Returns
    -------
    str
        A diagram in Mermaid. Mermaid draws at most 500 lines, unless its `maxEdges` is set.
    """
    chart = _Chart(BoxColours(diagram))
    for port in diagram.inputs:
        chart.begin(port.stream, chart.pill(port, "side_input" if port.stream.is_side_packet else "input"))
    chart.add(diagram, "  ")
    for port in diagram.outputs:
        chart.end(port, chart.pill(port, "output"))
    head = ["---", f"title: {json.dumps(written(title), ensure_ascii=False)}", "---", "flowchart TB"]
    edges = chart.edges()
    return "\n".join([*head, *chart.lines, *edges, *chart.styles()]) + "\n"


class _Chart:
    """The lines of a flowchart, and the ends of its streams.

    Parameters
    ----------
    colours : BoxColours
    """

    def __init__(self, colours: BoxColours) -> None:
        self.lines: list[str] = []
        self._colours = colours
        self._boxes: defaultdict[Colour, list[str]] = defaultdict(list)
        self._members: defaultdict[str, list[str]] = defaultdict(list)
        self._links: defaultdict[str, list[int]] = defaultdict(list)
        self._starts: defaultdict[_Key, list[tuple[DrawnStream, str]]] = defaultdict(list)
        self._ends: defaultdict[_Key, list[tuple[DrawnPort, str]]] = defaultdict(list)
        self._count = 0

    def add(self, diagram: Diagram, indent: str) -> None:
        """Add the boxes of a diagram."""
        for box in diagram.boxes:
            if box.inside is None or not box.inside.boxes:
                rows = "<br>".join(_escaped(row.text) for row in measure.rows(box))
                id_ = self._node(f'["{rows}"]', indent)
                self._boxes[self._colours[box]].append(id_)
                for port in box.inputs:
                    self.end(port, id_)
                for port in box.outputs:
                    self.begin(port.stream, id_)
            else:
                self._group(box, box.inside, indent)

    def _group(self, box: Box, inside: Diagram, indent: str) -> None:
        """Add a subgraph. A port that no node inside is connected to gets a pill there."""
        id_ = f"s{self._count}"
        self._count += 1
        self._members["inside"].append(id_)
        name, *others = (row.text for row in measure.rows(box))
        label = f"{name} ({', '.join(others)})" if others else name
        self.lines.append(f'{indent}subgraph {id_}["{_escaped(label)}"]')
        before = {key: len(ends) for key, ends in self._ends.items()}
        self.add(inside, indent + "  ")
        for port in inside.inputs:
            if len(self._ends[_key(port.stream)]) == before.get(_key(port.stream), 0):
                self.end(port, self.pill(port, "output", indent + "  "))
        for port in inside.outputs:
            if not self._starts[_key(port.stream)]:
                self.begin(port.stream, self.pill(port, "missing", indent + "  "))
        self.lines.append(f"{indent}end")

    def begin(self, stream: DrawnStream, id_: str) -> None:
        """Note where a stream begins."""
        self._starts[_key(stream)].append((stream, id_))

    def end(self, port: DrawnPort, id_: str) -> None:
        """Note where a stream ends."""
        self._ends[_key(port.stream)].append((port, id_))

    def pill(self, port: DrawnPort, role: str, indent: str = "  ") -> str:
        """Add an input or output of the graph, and return its id."""
        id_ = self._node(f'(["{_escaped(measure.pill_text(port))}"])', indent)
        self._members[role].append(id_)
        return id_

    def _node(self, shape: str, indent: str = "  ") -> str:
        id_ = f"n{self._count}"
        self._count += 1
        self.lines.append(f"{indent}{id_}{shape}")
        return id_

    def edges(self) -> list[str]:
        """Return the lines of all edges, after adding nodes for missing producers and consumers."""
        for key, ends in self._ends.items():
            if not self._starts[key]:
                stream = ends[0][0].stream
                self.begin(stream, self.pill(DrawnPort("", stream), "missing"))
        found: list[str] = []
        for key, starts in self._starts.items():
            for stream, start in starts:
                ends = self._ends.get(key) or [(DrawnPort("", stream), self._unused())]
                for port, end in ends:
                    if stream.is_side_packet:
                        self._links[_SIDE].append(len(found))
                    elif port.is_back_edge:
                        self._links[_BACK].append(len(found))
                    label = f'|"{_escaped(stream.label)}"|' if stream.label else ""
                    found.append(f"  {start} {'-.->' if stream.is_side_packet else '-->'}{label} {end}")
        return found

    def _unused(self) -> str:
        id_ = self._node('((" "))')
        self._members["unused"].append(id_)
        return id_

    def styles(self) -> Iterator[str]:
        """Yield the lines of the colours of nodes and edges."""
        for number, (colour, members) in enumerate(self._boxes.items()):
            yield from _class(f"box{number}", f"fill:{colour.fill},stroke:{colour.line},{_INK}", members)
        for role, members in self._members.items():
            yield from _class(role, _CLASSES[role], members)
        for style, links in self._links.items():
            yield f"  linkStyle {','.join(map(str, links))} {style}"


def _class(name: str, style: str, members: Iterable[str]) -> Iterator[str]:
    yield f"  classDef {name} {style}"
    yield f"  class {','.join(members)} {name}"


def _key(stream: DrawnStream) -> _Key:
    """Return what the ends of a stream have in common; its label differs inside a subgraph."""
    return stream.name, stream.is_side_packet


def _escaped(text: str) -> str:
    """Return a text with Mermaid's codes in place of what may have a meaning."""
    return "".join(map(_code, written(text)))


def _code(character: str) -> str:
    if character.isalnum() or character in _PLAIN:
        return character
    # NOTE: "\\n" would be a line break, and "$$" a formula, even as codes, but for a space of no width.
    return f"#{ord(character)};" + "#8203;" * (character in "\\$")
