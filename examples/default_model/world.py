"""The drawn world: which things there are, which colours, and what a scene is.

A scene is one to three things on a plain background. Boxes lie on a grid of eight pixels, the size of one latent cell,
so that a thing of one size looks the same to the denoiser wherever it stands.
"""

import zlib
from dataclasses import dataclass

SIDE = 128
"""Side of a picture in pixels; boxes are given at this size and scaled for others."""

CELL = 8
"""Pixels a side that one latent value covers."""

THINGS = (
    "circle",
    "square",
    "triangle",
    "star",
    "heart",
    "ring",
    "cross",
    "moon",
    "sun",
    "tree",
    "house",
    "fish",
    "flower",
    "cat",
    "car",
)

FINE = {"sun": 7, "star": 3, "flower": 3, "tree": 3}
"""Things whose outlines are hard to draw, and how many times as often training sees them."""

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (222, 38, 38),
    "orange": (248, 138, 22),
    "yellow": (252, 220, 48),
    "green": (46, 160, 70),
    "blue": (40, 96, 222),
    "purple": (136, 56, 182),
    "pink": (248, 150, 192),
    "brown": (124, 78, 42),
    "black": (22, 22, 28),
    "white": (246, 246, 246),
}

NATURAL = {
    "circle": "red",
    "square": "blue",
    "triangle": "green",
    "star": "yellow",
    "heart": "red",
    "ring": "orange",
    "cross": "red",
    "moon": "yellow",
    "sun": "yellow",
    "tree": "green",
    "house": "brown",
    "fish": "orange",
    "flower": "pink",
    "cat": "black",
    "car": "red",
}
"""The colour that a thing has when a caption names none."""

NATURAL_BACKGROUND = "white"

SMALL, MEDIUM, LARGE = 48, 80, 112

PLACES: dict[str, tuple[int, int]] = {
    "left": (8, 40),
    "right": (72, 40),
    "top": (40, 8),
    "bottom": (40, 72),
    "centre": (40, 40),
    "top left": (8, 8),
    "top right": (72, 8),
    "bottom left": (8, 72),
    "bottom right": (72, 72),
}
"""Upper left corner of a small thing's box, by the word for its place."""


@dataclass(frozen=True)
class Item:
    """A thing in a scene; `x`, `y` and `size` give its square box in pixels of a picture of 128."""

    thing: str
    colour: str
    x: int
    y: int
    size: int


@dataclass(frozen=True)
class Scene:
    """Things on a background; `place` and `extent` ("small", "large") are empty where a caption would not say them."""

    background: str
    items: tuple[Item, ...]
    place: str = ""
    extent: str = ""

    @property
    def is_pair(self) -> bool:
        """Whether two different things stand side by side."""
        return len(self.items) == 2 and self.items[0].thing != self.items[1].thing

    @property
    def is_fine(self) -> bool:
        """Whether something in it has a fine outline."""
        return any(item.thing in FINE for item in self.items)


def held_out(thing: str, colour: str, background: str) -> bool:
    """Whether this combination is kept out of training (one in twelve is)."""
    return zlib.crc32(f"{thing}/{colour}/{background}".encode()) % 12 == 0
