"""The parts of a layout: items with anchors at their top and bottom, and edges from anchor to anchor."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

Point = tuple[float, float]


class Pin(Enum):
    """The layer in which an item must be."""

    FIRST = "first"
    LAST = "last"


@dataclass(eq=False)
class Anchor:
    """A point at which edges touch an item; `x` is its distance from the left of the item."""

    width: float = 0
    x: float = 0
    item: Item = field(init=False, repr=False)

    @property
    def at(self) -> float:
        """The distance from the left of the drawing."""
        return self.item.x + self.x


@dataclass(eq=False)
class Item:
    """A rectangle with a place in a layer.

    Attributes
    ----------
    tops, bottoms : list of Anchor
        Anchors from left to right. Their widths are those of the texts at them.
    below : float
        The height of the free space under it.
    fixed : bool
        Whether its anchors have places; else they may be in any order, and are spread over the width.
    pin : Pin or None
    earliest : int
        The first layer in which it may be.
    layer, place : int
        Its layer, and its position there.
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
    """A point in a layer that a longer edge passes."""

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
"""The part of an edge from one layer to the next."""
