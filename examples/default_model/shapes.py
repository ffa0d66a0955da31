"""The silhouettes: a mask for each thing, drawn large with Pillow, then reduced. Holes show the background."""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .world import CELL, COLOURS, SIDE, Scene

CANVAS = 512

Point = tuple[float, float]


class Stencil:
    """A square canvas with coordinates from 0 to 1, on which shapes are filled or cut out."""

    def __init__(self) -> None:
        self.image = Image.new("L", (CANVAS, CANVAS), 0)
        self._draw = ImageDraw.Draw(self.image)

    def polygon(self, points: list[Point], fill: int = 255) -> None:
        """Fill a polygon."""
        self._draw.polygon([(x * CANVAS, y * CANVAS) for x, y in points], fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: int = 255) -> None:
        """Fill a disc around (x, y)."""
        self.oval(x, y, radius, radius, fill)

    def oval(self, x: float, y: float, width: float, height: float, fill: int = 255) -> None:
        """Fill an ellipse around (x, y) with half axes `width` and `height`."""
        box = ((x - width) * CANVAS, (y - height) * CANVAS, (x + width) * CANVAS, (y + height) * CANVAS)
        self._draw.ellipse(box, fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: int = 255) -> None:
        """Fill a rectangle."""
        self._draw.rectangle((left * CANVAS, top * CANVAS, right * CANVAS, bottom * CANVAS), fill=fill)


def _spikes(count: int, inner: float) -> list[Point]:
    radii = (0.49, 0.49 * inner)
    angles = [math.pi * i / count for i in range(2 * count)]
    return [(0.5 + radii[i % 2] * math.sin(a), 0.5 - radii[i % 2] * math.cos(a)) for i, a in enumerate(angles)]


def _draw_thing(thing: str, to: Stencil) -> None:
    match thing:
        case "circle":
            to.disc(0.5, 0.5, 0.46)
        case "square":
            to.box(0.08, 0.08, 0.92, 0.92)
        case "triangle":
            to.polygon([(0.5, 0.04), (0.98, 0.92), (0.02, 0.92)])
        case "star":
            to.polygon([(x, y + 0.03) for x, y in _spikes(5, 0.42)])
        case "heart":
            to.disc(0.27, 0.31, 0.25)
            to.disc(0.73, 0.31, 0.25)
            to.polygon([(0.055, 0.43), (0.5, 0.33), (0.945, 0.43), (0.5, 0.96)])
        case "ring":
            to.disc(0.5, 0.5, 0.47)
            to.disc(0.5, 0.5, 0.25, 0)
        case "cross":
            to.box(0.34, 0.03, 0.66, 0.97)
            to.box(0.03, 0.34, 0.97, 0.66)
        case "moon":
            to.disc(0.5, 0.5, 0.47)
            to.disc(0.74, 0.42, 0.4, 0)
        case "sun":
            to.polygon(_spikes(8, 0.6))
        case "tree":
            to.box(0.41, 0.6, 0.59, 0.98)
            to.polygon([(0.5, 0.02), (0.8, 0.42), (0.2, 0.42)])
            to.polygon([(0.5, 0.22), (0.92, 0.76), (0.08, 0.76)])
        case "house":
            to.polygon([(0.5, 0.03), (0.97, 0.46), (0.03, 0.46)])
            to.box(0.14, 0.44, 0.86, 0.96)
            to.box(0.4, 0.6, 0.6, 0.97, 0)
        case "fish":
            to.oval(0.4, 0.5, 0.38, 0.28)
            to.polygon([(0.64, 0.5), (0.98, 0.2), (0.98, 0.8)])
            to.disc(0.2, 0.42, 0.06, 0)
        case "flower":
            for i in range(6):
                angle = math.pi * i / 3
                to.disc(0.5 + 0.3 * math.sin(angle), 0.5 - 0.3 * math.cos(angle), 0.18)
            to.disc(0.5, 0.5, 0.25)
            to.disc(0.5, 0.5, 0.13, 0)
        case "cat":
            to.oval(0.5, 0.58, 0.45, 0.38)
            to.polygon([(0.08, 0.02), (0.46, 0.3), (0.08, 0.56)])
            to.polygon([(0.92, 0.02), (0.54, 0.3), (0.92, 0.56)])
            to.oval(0.32, 0.52, 0.07, 0.09, 0)
            to.oval(0.68, 0.52, 0.07, 0.09, 0)
            to.polygon([(0.41, 0.7), (0.59, 0.7), (0.5, 0.8)], 0)
        case "car":
            to.polygon([(0.26, 0.2), (0.68, 0.2), (0.84, 0.48), (0.14, 0.48)])
            to.box(0.02, 0.44, 0.98, 0.7)
            to.disc(0.24, 0.7, 0.14)
            to.disc(0.76, 0.7, 0.14)
            to.polygon([(0.31, 0.27), (0.45, 0.27), (0.45, 0.45), (0.25, 0.45)], 0)
            to.polygon([(0.52, 0.27), (0.64, 0.27), (0.73, 0.45), (0.52, 0.45)], 0)
        case _:
            raise ValueError(f"no drawing for {thing!r}")


@cache
def silhouette(thing: str, size: int) -> NDArray[np.float32]:
    """Return the coverage of `thing` in a box of `size` pixels: [size, size] from 0 to 1."""
    stencil = Stencil()
    _draw_thing(thing, stencil)
    shrunk = stencil.image.resize((size, size), Image.Resampling.BOX)
    return np.asarray(shrunk, dtype=np.float32) / np.float32(255)


def render(scene: Scene, side: int = SIDE, shift: tuple[int, int] = (0, 0)) -> NDArray[np.float32]:
    """Return the image of a scene, [side, side, 3] from 0 to 255. `shift` moves all things by integer pixels."""
    image = np.empty((side, side, 3), dtype=np.float32)
    image[:] = COLOURS[scene.background]
    for item in scene.items:
        size, left, top = (round(v * side / SIDE / CELL) * CELL for v in (item.size, item.x, item.y))
        left, top = left + shift[0], top + shift[1]
        x, y = max(left, 0), max(top, 0)
        mask = silhouette(item.thing, size)[y - top : side - top, x - left : side - left, None]
        patch = image[y : y + mask.shape[0], x : x + mask.shape[1]]
        patch += mask * (np.array(COLOURS[item.colour], dtype=np.float32) - patch)
    return image
