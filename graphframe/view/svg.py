"""A graph as a standalone SVG image, with a background, a heading and a legend."""

from __future__ import annotations

from graphframe.view.diagram import Diagram
from graphframe.view.drawing import draw
from graphframe.view.paint.element import add, svg, text_of
from graphframe.view.paint.legend import legend
from graphframe.view.paint.painter import Painter
from graphframe.view.text_width import text_width

_MARGIN, _HEADING = 24.0, 30.0

STYLE = """
text { font-family: Helvetica, Arial, "Liberation Sans", sans-serif; fill: #20262d; text-anchor: middle; }
.background { fill: #ffffff; }
.heading { font-size: 16px; font-weight: bold; }
.name { font-size: 13px; font-weight: bold; }
.calculator, .device, .time, .pill text, .legend text { font-size: 11px; }
.calculator { fill: #4d5863; }
.device { font-weight: bold; }
.timed .calculator, .timed .tag { fill: #20262d; }
.tag { font-size: 9px; fill: #56616c; }
.label { font-size: 10.5px; fill: #2b5c8c; }
.behind { fill: #ffffff; fill-opacity: 0.85; }
.heading, .legend text { text-anchor: start; }
.box > rect { stroke-width: 1.3px; }
.frame { fill: #f6f8fa; stroke: #8896a5; stroke-width: 1.2px; }
.inside .frame { fill: #ffffff; }
.inside .inside .frame { fill: #f6f8fa; }
.wire { fill: none; stroke: #6b7885; stroke-width: 1.4px; }
.arrow, .dot, .toggle { fill: #6b7885; }
.toggle { display: none; }
.stub { fill: #ffffff; stroke: #6b7885; stroke-width: 1.2px; }
.side.wire, .side .stub { stroke: #8464b8; }
.side.wire { stroke-dasharray: 5 3; }
.side .arrow, .side .dot { fill: #8464b8; }
.side .label { fill: #6d4aa6; }
.back.wire { stroke: #cc4b37; stroke-dasharray: 9 3 2 3; }
.back.arrow { fill: #cc4b37; }
.through { fill: none; stroke: #6b7885; stroke-opacity: 0.4; }
.pill rect { fill: #2f3b48; stroke: #2f3b48; stroke-width: 1.6px; }
.side.pill rect { fill: #6d4aa6; stroke: #6d4aa6; }
.pill text { fill: #ffffff; }
.output.pill rect { fill: #ffffff; }
.output.pill text { fill: #20262d; }
.again.pill rect { fill: #f4effb; stroke: #8464b8; stroke-dasharray: 5 3; stroke-width: 1.2px; }
.again.pill text { fill: #5b3d8f; }
.missing.pill rect { fill: #fff4f2; stroke: #cc4b37; stroke-dasharray: 3 3; }
.missing.pill text { fill: #a8321f; }
"""


def to_svg(diagram: Diagram, title: str) -> str:
    """Draw a graph, with all its subgraphs expanded.

    Returns
    -------
    str
        An XML document.
    """
    drawing = draw(diagram)
    root = svg(title)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    add(root, "title", title)
    add(root, "style", STYLE)
    background = add(root, "rect", class_="background", x=0, y=0)
    add(root, "text", title, class_="heading", x=_MARGIN, y=_MARGIN + 14)
    moved = add(root, "g", transform=f"translate({_MARGIN:g} {_MARGIN + _HEADING:g})")
    legend_width, legend_height = legend(moved, diagram, drawing, max(drawing.width, 480))
    top = _MARGIN + _HEADING + legend_height + _MARGIN
    width = max(drawing.width, legend_width, text_width(title, 16, bold=True)) + 2 * _MARGIN
    height = top + drawing.height + _MARGIN
    Painter(diagram).paint(root, drawing, (width - drawing.width) / 2, top)
    for element in (root, background):
        element.set("width", f"{width:.0f}")
        element.set("height", f"{height:.0f}")
    root.set("viewBox", f"0 0 {width:.0f} {height:.0f}")
    return text_of(root) + "\n"
