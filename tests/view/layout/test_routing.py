from __future__ import annotations

import itertools

import pytest

from graphframe.view.layout.items import Edge, Item, Segment
from graphframe.view.layout.routing import Curve, down, place_layers, up
from tests.view.layout.shapes import edge, item


def column(count: int) -> list[list[Item]]:
    layers = [[item()] for _ in range(count)]
    for number, (one,) in enumerate(layers):
        one.layer = number
        one.tops[0].x = one.bottoms[0].x = 40
    return layers


def segments(layers: list[list[Item]]) -> list[Segment]:
    return [(a[0].bottoms[0], b[0].tops[0]) for a, b in itertools.pairwise(layers)]


def is_smooth(curve: Curve) -> bool:
    """Whether it has no corner: the handles at each point lie on one line."""
    for before, point, after in zip(curve[2:-2:3], curve[3:-1:3], curve[4::3], strict=True):
        a, b = (point[0] - before[0], point[1] - before[1]), (after[0] - point[0], after[1] - point[1])
        if abs(a[0] * b[1] - a[1] * b[0]) > 1e-6:
            return False
    return True


def test_layers_follow_each_other() -> None:
    layers = column(3)
    layers[1][0].height = 100
    gaps = place_layers(layers, segments(layers), [])
    for gap, (above,), (below,) in zip(gaps[1:], layers, layers[1:], strict=False):
        assert gap.top == above.y + above.height
        assert gap.bottom == below.y
        assert gap.curves - gap.top >= above.below


def test_wide_edges_get_more_room() -> None:
    layers = column(2)
    narrow = place_layers(layers, segments(layers), [])[1]
    layers[1][0].x = 400
    wide = place_layers(layers, segments(layers), [])[1]
    assert wide.bottom - wide.top > narrow.bottom - narrow.top


def test_an_item_without_inputs_is_at_the_bottom_of_its_layer() -> None:
    source, tall = item(), item()
    source.layer = tall.layer = 1
    tall.height = 200
    (first,), (last,) = column(2)
    last.layer = 2
    layers = [[first], [source, tall], [last]]
    place_layers(layers, [(first.bottoms[0], tall.tops[0]), (source.bottoms[0], last.tops[0])], [])
    assert source.y + source.height == tall.y + tall.height


def test_curve_down() -> None:
    layers = column(3)
    layers[1][0].x = 70
    way = segments(layers)
    gaps = place_layers(layers, way, [])
    curve = down(way, gaps)
    assert curve[0] == (40, 30)
    assert curve[-1] == (40, layers[2][0].y)
    assert len(curve) % 3 == 1
    assert is_smooth(curve)


@pytest.mark.parametrize("side", [-1, 1])
def test_curve_up_passes_at_the_nearer_side(side: int) -> None:
    layers = column(3)
    for (one,) in layers:
        one.bottoms[0].x = one.tops[0].x = 40 + 30 * side
    back = edge(layers[2][0], layers[0][0], is_back=True)
    gaps = place_layers(layers, [], [back])
    curve = up([back], layers, gaps)[back]
    assert curve[0] == (back.tail.at, layers[2][0].y + 30)
    assert curve[-1] == (back.head.at, layers[0][0].y)
    assert is_smooth(curve)
    lane = max((x for x, _ in curve), key=lambda x: x * side)
    assert lane < 0 if side < 0 else lane > 80


def test_edges_up_have_lanes_of_their_own() -> None:
    layers = column(4)
    backs: list[Edge] = [
        edge(layers[3][0], layers[0][0]),
        edge(layers[2][0], layers[1][0]),
        edge(layers[1][0], layers[1][0]),
    ]
    gaps = place_layers(layers, [], backs)
    curves = up(backs, layers, gaps)
    lanes = [max(x for x, _ in curves[back]) for back in backs]
    assert len(set(lanes)) == 3
    assert lanes[0] == max(lanes)
