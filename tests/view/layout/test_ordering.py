from __future__ import annotations

from itertools import combinations

from graphframe.view.layout.items import Anchor, Item, Segment
from graphframe.view.layout.ordering import order_layers
from tests.view.layout.shapes import item


def place(anchor: Anchor, top: bool) -> tuple[int, int]:
    anchors = anchor.item.tops if top else anchor.item.bottoms
    return anchor.item.place, anchors.index(anchor)


def crossings(layers: list[list[Item]], segments: list[Segment]) -> int:
    """How many edges cross once the layers are in order."""
    order_layers(layers, segments)
    total = 0
    for layer in layers:
        ends = [(place(upper, False), place(lower, True)) for upper, lower in segments if upper.item in layer]
        total += sum((a < c and b > d) or (a > c and b < d) for (a, b), (c, d) in combinations(ends, 2))
    return total


def test_turned_pairs_are_turned_back() -> None:
    upper, lower = [item() for _ in range(5)], [item() for _ in range(5)]
    segments = [(a.bottoms[0], b.tops[0]) for a, b in zip(upper, reversed(lower), strict=True)]
    assert crossings([upper, lower], segments) == 0


def test_slots_are_sorted_unless_they_are_fixed() -> None:
    for fixed, expected in ((False, 0), (True, 1)):
        upper = [item(outputs=2)]
        upper[0].fixed = fixed
        lower = [item(), item()]
        segments = [(upper[0].bottoms[0], lower[1].tops[0]), (upper[0].bottoms[1], lower[0].tops[0])]
        both = item(2)
        both.fixed = True
        segments += [(lower[0].bottoms[0], both.tops[0]), (lower[1].bottoms[0], both.tops[1])]
        assert crossings([upper, lower, [both]], segments) == expected


def test_edges_of_one_slot_cross_nothing_by_themselves() -> None:
    upper, lower = [item()], [item() for _ in range(4)]
    segments = [(upper[0].bottoms[0], each.tops[0]) for each in reversed(lower)]
    assert crossings([upper, lower], segments) == 0


def test_tree_has_no_crossings() -> None:
    layers: list[list[Item]] = [[item()]]
    segments: list[Segment] = []
    for _ in range(4):
        layer = []
        for parent in layers[-1]:
            for _ in range(2):
                child = item()
                segments.append((parent.bottoms[0], child.tops[0]))
                layer.append(child)
        layers.append(layer[::3] + layer[1::3] + layer[2::3])
    assert crossings(layers, segments) == 0


def test_items_without_edges_stay() -> None:
    layer = [item() for _ in range(4)]
    before = list(layer)
    order_layers([layer], [])
    assert layer == before
    assert [each.place for each in layer] == [0, 1, 2, 3]
