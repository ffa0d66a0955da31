"""The curves of the edges, and the distance of each layer from the top."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphframe.view.layout.items import Edge, Item, Point, Segment

Curve = list[Point]
"""Successive cubic Bézier curves: a point, then two control points and an end for each."""

_LEAST_GAP, _MOST_EXTRA, _SLOPE = 38.0, 70.0, 0.1
_TRACK, _LANE, _ARROW, _RADIUS = 9.0, 14.0, 10.0, 9.0
_ROUND = 0.5523
"""The length of the handles of a curve that approximates a quarter of a circle, as a part of the radius."""


@dataclass(frozen=True)
class Gap:
    """The space between two layers: text under the upper one, tracks of back edges, curves, tracks again, arrows."""

    top: float
    curves: float
    tracks: float
    bottom: float


def place_layers(layers: Sequence[Sequence[Item]], segments: Iterable[Segment], backs: Iterable[Edge]) -> list[Gap]:
    """Set `y` of all items, and return the gaps: above the first layer, between each two, and below the last.

    An item is at the top of its layer if an edge comes down to it, else at the bottom.
    """
    leaving = Counter(edge.tail.item.layer + 1 for edge in backs)
    arriving = Counter(edge.head.item.layer for edge in backs)
    widest: defaultdict[int, float] = defaultdict(float)
    hanging = set()
    for upper, lower in segments:
        hanging.add(lower.item)
        widest[lower.item.layer] = max(widest[lower.item.layer], abs(upper.at - lower.at))
    gaps = []
    y = 0.0
    for number in range(len(layers) + 1):
        top = y
        if number:
            y += max(item.below for item in layers[number - 1])
        curves = y
        y += leaving[number] * _TRACK
        if 0 < number < len(layers):
            y += _LEAST_GAP + min(widest[number] * _SLOPE, _MOST_EXTRA)
        tracks = y
        if arriving[number]:
            y += arriving[number] * _TRACK + _ARROW
        gaps.append(Gap(top, curves, tracks, y))
        if number < len(layers):
            height = max(item.height for item in layers[number])
            for item in layers[number]:
                item.y = y if item in hanging else y + height - item.height
            y += height
    return gaps


def down(route: Sequence[Segment], gaps: Sequence[Gap]) -> Curve:
    """Return the curve of an edge that goes down along its segments."""
    first = route[0][0]
    curve = [(first.at, first.item.y + first.item.height)]
    for upper, lower in route:
        gap = gaps[lower.item.layer]
        start, end = (upper.at, gap.curves), (lower.at, gap.bottom)
        middle = (start[1] + end[1]) / 2
        curve += _straight(curve[-1], start)
        curve += [(start[0], middle), (end[0], middle), end]
    return curve


def up(edges: Sequence[Edge], layers: Sequence[Sequence[Item]], gaps: Sequence[Gap]) -> dict[Edge, Curve]:
    """Return the curves of edges that go up, each in a lane of its own beside the layers that it passes."""
    lanes: list[tuple[int, range, float]] = []
    leaving: Counter[int] = Counter()
    arriving: Counter[int] = Counter()
    curves = {}
    for edge in sorted(edges, key=lambda e: e.tail.item.layer - e.head.item.layer):
        passed = range(edge.head.item.layer, edge.tail.item.layer + 1)
        beside = [item for layer in passed for item in layers[layer]]
        left, right = min(item.x for item in beside), max(item.x + item.width for item in beside)
        side = -1 if edge.tail.at + edge.head.at - 2 * left < 2 * right - edge.tail.at - edge.head.at else 1
        taken = [x for other, layers_, x in lanes if other == side and set(layers_) & set(passed)]
        x = min([left, *taken]) - _LANE if side < 0 else max([right, *taken]) + _LANE
        lanes.append((side, passed, x))
        below, above = gaps[passed[-1] + 1], gaps[passed[0]]
        low = below.curves + (leaving[passed[-1] + 1] + 0.5) * _TRACK
        high = above.tracks + (arriving[passed[0]] + 0.5) * _TRACK
        leaving[passed[-1] + 1] += 1
        arriving[passed[0]] += 1
        item = edge.tail.item
        corners = [(edge.tail.at, low), (x, low), (x, high), (edge.head.at, high)]
        curves[edge] = _rounded((edge.tail.at, item.y + item.height), corners, (edge.head.at, above.bottom))
    return curves


def _straight(start: Point, end: Point) -> Curve:
    thirds = [(start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t) for t in (1 / 3, 2 / 3)]
    return [*thirds, end]


def _rounded(start: Point, corners: Iterable[Point], end: Point) -> Curve:
    """Return a line along rounded corners."""
    corners = list(corners)
    curve = [start]
    for before, corner, after in zip([start, *corners[:-1]], corners, [*corners[1:], end], strict=True):
        enter, leave = _towards(corner, before, _RADIUS), _towards(corner, after, _RADIUS)
        curve += _straight(curve[-1], enter)
        curve += [
            _towards(corner, before, _RADIUS * (1 - _ROUND)),
            _towards(corner, after, _RADIUS * (1 - _ROUND)),
            leave,
        ]
    return curve + _straight(curve[-1], end)


def _towards(start: Point, end: Point, distance: float) -> Point:
    """Return the point at a distance from `start`, at most halfway to `end`."""
    length = abs(end[0] - start[0]) + abs(end[1] - start[1])
    part = min(distance / length, 0.5) if length else 0
    return (start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part)
