"""Items and edges to lay out."""

from __future__ import annotations

import itertools

from graphframe.view.layout.items import Anchor, Edge, Item, Pin


def item(inputs: int = 1, outputs: int = 1, width: float = 80, *, pin: Pin | None = None, earliest: int = 0) -> Item:
    """An item with anchors of 10 pixels."""
    tops, bottoms = [Anchor(10) for _ in range(inputs)], [Anchor(10) for _ in range(outputs)]
    return Item(width, 30, tops, bottoms, below=17, pin=pin, earliest=earliest)


def edge(tail: Item, head: Item, out: int = 0, into: int = 0, *, is_back: bool = False) -> Edge:
    """An edge from one anchor to another, by their numbers."""
    return Edge(tail.bottoms[out], head.tops[into], is_back)


def chain(length: int) -> tuple[list[Item], list[Edge]]:
    """Items one after another."""
    items = [item() for _ in range(length)]
    return items, [edge(tail, head) for tail, head in itertools.pairwise(items)]
