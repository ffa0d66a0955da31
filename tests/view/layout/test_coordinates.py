from __future__ import annotations

import itertools

import pytest

from graphframe.view.layout.coordinates import place_in_layers
from graphframe.view.layout.items import Bend, Item, Segment
from tests.view.layout.shapes import item


def laid_out(layers: list[list[Item]], segments: list[Segment]) -> None:
    for number, layer in enumerate(layers):
        for place, each in enumerate(layer):
            each.layer, each.place = number, place
    place_in_layers(layers, segments)


def test_chain_is_straight() -> None:
    layers = [[item(width=width)] for width in (50, 200, 80, 120)]
    segments = [(a.bottoms[0], b.tops[0]) for (a,), (b,) in itertools.pairwise(layers)]
    laid_out(layers, segments)
    assert len({round(anchor.at, 6) for segment in segments for anchor in segment}) == 1


def test_long_edge_is_straight_beside_items() -> None:
    top, bottom = item(), item(2)
    bends = [Bend(layer) for layer in (1, 2, 3)]
    beside = [item(width=width) for width in (60, 200, 100)]
    layers = [[top], *([one, bend] for one, bend in zip(beside, bends, strict=True)), [bottom]]
    column = [top, *beside, bottom]
    segments = [(a.bottoms[0], b.tops[0]) for a, b in itertools.pairwise(column)]
    stops = [top.bottoms[0], *(bend.anchor for bend in bends), bottom.tops[1]]
    segments += itertools.pairwise(stops)
    laid_out(layers, segments)
    assert len({round(bend.x, 6) for bend in bends}) == 1
    assert all(one.x + one.width < bend.x for one, bend in zip(beside, bends, strict=True))


def test_items_keep_their_order_and_distance() -> None:
    upper, lower = [item()], [item() for _ in range(6)]
    segments = [(upper[0].bottoms[0], each.tops[0]) for each in lower]
    laid_out([upper, lower], segments)
    for left, right in itertools.pairwise(lower):
        assert right.x - left.x - left.width >= 29.99
    assert lower[0].x <= upper[0].x <= lower[-1].x


def test_slots_are_spread_within_the_item() -> None:
    wide = item(3, 2, width=100)
    laid_out([[wide]], [])
    assert [anchor.x for anchor in wide.tops] == pytest.approx([22.5, 50, 77.5])
    assert [anchor.x for anchor in wide.bottoms] == pytest.approx([31.67, 68.33], abs=0.01)


def test_slots_turn_to_where_their_edges_come_from() -> None:
    left, right, below = item(width=40), item(width=40), item(2, width=200)
    laid_out([[left, right], [below]], [(left.bottoms[0], below.tops[0]), (right.bottoms[0], below.tops[1])])
    assert below.tops[0].at == pytest.approx(left.bottoms[0].at)
    assert below.tops[1].at == pytest.approx(right.bottoms[0].at)


def test_fixed_slots_do_not_turn() -> None:
    above, below = item(width=40), item(2, width=200)
    below.fixed = True
    below.tops[0].x, below.tops[1].x = 10, 190
    laid_out([[above], [below]], [(above.bottoms[0], below.tops[1])])
    assert [anchor.x for anchor in below.tops] == [10, 190]
    assert below.tops[1].at == pytest.approx(above.bottoms[0].at)
