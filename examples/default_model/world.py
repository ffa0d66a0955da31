"""The drawn world: its things, colours and scenes.

A scene is one to three things on a plain background. Boxes lie on a grid of eight pixels, the size of a latent, so that
a thing of one size has the same latents at every position.
"""

import zlib
from dataclasses import dataclass

SIDE = 128
"""The side of an image in pixels. Boxes have this scale, and are scaled for other sides."""

CELL = 8
"""The side of a latent in pixels."""

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
"""Things whose outlines are hard to draw, and their weight in training."""

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
"""The colour of a thing if the caption names none."""

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
"""The upper left corner of a small thing's box, by the words for its position."""


@dataclass(frozen=True)
class SceneItem:
    """A thing in a scene. `x`, `y` and `size` are its square box in pixels of an image of 128x128."""

    thing: str
    colour: str
    x: int
    y: int
    size: int


@dataclass(frozen=True)
class Scene:
    """Things on a background. `place` and `extent` ("small", "large") are empty if captions do not mention them."""

    background: str
    items: tuple[SceneItem, ...]
    place: str = ""
    extent: str = ""

    @property
    def is_pair(self) -> bool:
        """Whether the scene has two different things side by side."""
        return len(self.items) == 2 and self.items[0].thing != self.items[1].thing

    @property
    def is_fine(self) -> bool:
        """Whether a thing in the scene has a fine outline."""
        return any(item.thing in FINE for item in self.items)


def held_out(thing: str, colour: str, background: str) -> bool:
    """Return whether a combination is not in training, like one in twelve."""
    return zlib.crc32(f"{thing}/{colour}/{background}".encode()) % 12 == 0
