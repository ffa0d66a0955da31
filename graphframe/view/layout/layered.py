"""The whole layout, after Sugiyama: layers, then the order within them, then coordinates, then curves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from graphframe.view.layout.coordinates import place_in_layers
from graphframe.view.layout.items import Anchor, Bend, Edge, Item, Segment
from graphframe.view.layout.layering import assign_layers
from graphframe.view.layout.ordering import order_layers
from graphframe.view.layout.routing import Curve, down, place_layers, up


@dataclass(frozen=True)
class Layout:
    """The result of a layout: its size, the top and bottom of the gaps between layers, and the curves of edges."""

    width: float
    height: float
    gaps: Sequence[tuple[float, float]]
    curves: Mapping[Edge, Curve]


def lay_out(items: Sequence[Item], edges: Sequence[Edge]) -> Layout:
    """Place each item, and return the curve of each edge, within a rectangle that begins at (0, 0)."""
    if not items:
        return Layout(0, 0, (), {})
    assign_layers(items, edges)
    layers: list[list[Item]] = [[] for _ in range(1 + max(item.layer for item in items))]
    for item in items:
        layers[item.layer].append(item)
    downwards = [edge for edge in edges if edge.tail.item.layer < edge.head.item.layer]
    upwards = [edge for edge in edges if edge.tail.item.layer >= edge.head.item.layer]
    routes = _routes(downwards, layers)
    segments = list(dict.fromkeys(segment for route in routes.values() for segment in route))
    order_layers(layers, segments)
    place_in_layers(layers, segments)
    gaps = place_layers(layers, segments, upwards)
    curves = {edge: down(route, gaps) for edge, route in routes.items()} | up(upwards, layers, gaps)
    width, curves = _moved_to_the_left(layers, curves)
    spans = [(gap.top, gap.bottom) for gap in gaps if gap.top < gap.bottom]
    return Layout(width, gaps[-1].bottom, spans, curves)


def _moved_to_the_left(
    layers: Sequence[Sequence[Item]], curves: Mapping[Edge, Curve]
) -> tuple[float, dict[Edge, Curve]]:
    """Move all items and curves so that the leftmost is at 0; return the width of all, and the curves."""
    items = [item for layer in layers for item in layer]
    xs = [x for curve in curves.values() for x, _ in curve]
    left = min([*xs, *(item.x for item in items)])
    right = max([*xs, *(item.x + item.width for item in items)])
    for item in items:
        item.x -= left
    return right - left, {edge: [(x - left, y) for x, y in curve] for edge, curve in curves.items()}


def _routes(edges: Sequence[Edge], layers: Sequence[list[Item]]) -> dict[Edge, list[Segment]]:
    """Return the segments of each edge. Edges from the same anchor share bends, which are added to the layers."""
    routes = {}
    bends: defaultdict[Anchor, list[Anchor]] = defaultdict(list)
    for edge in edges:
        way = bends[edge.tail]
        first, last = edge.tail.item.layer + 1, edge.head.item.layer
        for layer in range(first + len(way), last):
            bend = Bend(layer)
            layers[layer].append(bend)
            way.append(bend.anchor)
        stops = [edge.tail, *way[: last - first], edge.head]
        routes[edge] = list(pairwise(stops))
    return routes
