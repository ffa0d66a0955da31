"""A graph as a self-contained HTML page, to pan and zoom, collapse subgraphs, and inspect nodes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from string import Template

from graphframe.view.diagram import Box, Diagram, DrawnPort
from graphframe.view.drawing import draw
from graphframe.view.measure import time_text
from graphframe.view.paint.element import add, numbers, svg, text_of
from graphframe.view.paint.legend import legend
from graphframe.view.paint.painter import Painter, stream_key
from graphframe.view.svg import STYLE

_SCRIPTS = ("pan_zoom", "details", "page")


def to_html(diagram: Diagram, title: str) -> str:
    """Draw a graph as a page on which its subgraphs are expanded.

    Returns
    -------
    str
        An HTML document.
    """
    drawing = draw(diagram)
    graph = svg(title)
    graph.set("id", "graph")
    scene = add(graph, "g", id="scene", data_size=numbers(drawing.width, drawing.height))
    Painter(diagram).paint(scene, drawing, 0, 0)
    key = svg("legend")
    width, height = legend(key, diagram, drawing, 1200)
    key.set("viewBox", f"0 0 {width:.0f} {height:.0f}")
    key.set("width", f"{width:.0f}")
    key.set("height", f"{height:.0f}")
    nodes = {f"box{number}": _node(box) for number, box in enumerate(diagram.all_boxes())}
    page = files("graphframe.view")
    return Template(page.joinpath("page.html").read_text(encoding="utf-8")).substitute(
        title=escape(title),
        style=STYLE,
        legend=text_of(key),
        graph=text_of(graph),
        nodes=json.dumps(nodes).replace("<", "\\u003c"),
        script="\n".join(page.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS),
    )


def _node(box: Box) -> dict[str, object]:
    return {
        "name": box.name,
        "calculator": box.calculator,
        "device": box.device,
        "time": time_text(box.time) if box.time else "",
        "settings": box.settings,
        "options": box.options,
        "inputs": _ports(box.inputs),
        "outputs": _ports(box.outputs),
    }


def _ports(ports: Iterable[DrawnPort]) -> list[dict[str, str]]:
    return [
        {
            "tag": port.tag,
            "name": port.stream.name,
            "kind": ("side packet" if port.stream.is_side_packet else "back edge" if port.is_back_edge else ""),
            "stream": stream_key(port.stream),
        }
        for port in ports
    ]
