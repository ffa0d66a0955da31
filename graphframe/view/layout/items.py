"""What is laid out: items with anchors at their top and bottom, and edges from anchor to anchor."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

Point = tuple[float, float]


class Pin(Enum):
    """Which layer an item has to be in."""

    FIRST = "first"
    LAST = "last"


@dataclass(eq=False)
class Anchor:
    """Where edges touch an item; `x` is from the left of it."""

    width: float = 0
    x: float = 0
    item: Item = field(init=False, repr=False)

    @property
    def at(self) -> float:
        """Where it is in the picture, from the left."""
        return self.item.x + self.x


@dataclass(eq=False)
class Item:
    """Something that takes room.

    Attributes
    ----------
    tops, bottoms : list of Anchor
        From left to right. Their widths are for what is written at them.
    below : float
        How much room to keep free under it.
    fixed : bool
        Whether its anchors have their places already; else they may be in any order, and are spread over the width.
    pin : Pin or None
    earliest : int
        The first layer in which it may be.
    layer, place : int
        The layer, and the place in it.
    x, y : float
        The upper left corner.
    """

    width: float
    height: float
    tops: list[Anchor]
    bottoms: list[Anchor]
    below: float = 0
    fixed: bool = False
    pin: Pin | None = None
    earliest: int = 0
    layer: int = 0
    place: int = 0
    x: float = 0
    y: float = 0

    def __post_init__(self) -> None:
        for anchor in (*self.tops, *self.bottoms):
            anchor.item = self


class Bend(Item):
    """A point that an edge of several layers passes on its way."""

    def __init__(self, layer: int) -> None:
        self.anchor = Anchor()
        super().__init__(0, 0, [self.anchor], [self.anchor], layer=layer)


@dataclass(frozen=True, eq=False)
class Edge:
    """A connection from an anchor at the bottom of an item to one at the top of an item.

    Attributes
    ----------
    is_back : bool
        Whether it is declared as a back edge.
    """

    tail: Anchor
    head: Anchor
    is_back: bool = False


Segment = tuple[Anchor, Anchor]
"""A part of an edge, from a layer to the next."""
