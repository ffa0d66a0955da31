from __future__ import annotations

from graphframe.view.layout.items import Anchor, Bend, Item


def test_slots_know_where_they_are() -> None:
    anchor = Anchor(x=5)
    Item(20, 10, [anchor], [], x=100)
    assert anchor.at == 105


def test_bend_is_a_point_with_the_same_slot_at_both_sides() -> None:
    bend = Bend(3)
    assert (bend.layer, bend.width, bend.height) == (3, 0, 0)
    assert bend.tops == bend.bottoms == [bend.anchor]
