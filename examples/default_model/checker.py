"""A checker that reads the background, the number, kinds, colours and positions of things in a drawn image.

It can judge both the generator and the model, because it shares no code with the generator. It knows the palette and
one sprite of each thing, from `sprites.txt` (the drawn masks as `silhouette` returns them), and needs only NumPy and
Pillow.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PALETTE = {
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
GRID = 20
REACH = 2.1
"""The side of the square around a silhouette's centre that is compared, relative to the square root of its area."""

CONTRAST = 36
"""The RGB distance to the background from which on a pixel belongs to a thing."""
SPECK = 0.008
"""The part of the image below which a component is noise."""

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """A thing in an image.

    `x` and `y` are the centre of its box and `size` is the longer side, relative to the image's side. `likeness` is 1
    if the silhouette is exactly that of `thing`, and 0 if it is like no known thing.
    """

    thing: str
    colour: str
    x: float
    y: float
    size: float
    likeness: float


@dataclass(frozen=True)
class Reading:
    """The contents of an image. `things` are in the order from left to right."""

    background: str
    things: tuple[Found, ...]


def colour_name(rgb: NDArray[np.float32]) -> str:
    """Return the name of the nearest colour of the palette."""
    return min(PALETTE, key=lambda name: float(np.square(rgb - np.array(PALETTE[name])).sum()))


def components(mask: Mask) -> list[Mask]:
    """Return the connected parts of a mask (eight neighbours), the largest first."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        padded = np.pad(labels, 1)
        height, width = mask.shape
        around = [padded[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)]
        spread = np.where(mask, np.max(around, axis=0), 0)
        # NOTE: a label also becomes the label of the pixel that it names, which shortens long paths.
        spread = np.where(mask, np.maximum(spread, spread.ravel()[np.maximum(spread - 1, 0)]), 0)
        if np.array_equal(spread, labels):
            break
        labels = spread
    names, sizes = np.unique(labels[mask], return_counts=True)
    return [labels == name for name in names[np.argsort(-sizes)]]


@lru_cache(maxsize=1)
def sprites() -> dict[str, Floats]:
    """Load the silhouette of each thing."""
    loaded = {}
    for block in (Path(__file__).parent / "sprites.txt").read_text(encoding="utf-8").strip().split("\n\n"):
        thing, *rows = block.splitlines()
        cells = [[".123456789#".index(cell) / 10 for cell in row] for row in rows]
        loaded[thing] = np.array(cells, dtype=np.float32)
    return loaded


def silhouette(mask: Mask) -> Floats:
    """Return the coverage in a grid of 20x20 around the centre of a mask, scaled by its area.

    Unlike a box, the area and the centre hardly change if a tip is blunt or a corner bent.
    """
    rows, columns = np.nonzero(mask)
    half = REACH / 2 * len(rows) ** 0.5
    margin = int(2 * half) + 1
    x, y = columns.mean() + 0.5 + margin, rows.mean() + 0.5 + margin
    padded = Image.fromarray(np.pad(mask, margin).astype(np.float32))
    box = (x - half, y - half, x + half, y + half)
    return np.asarray(padded.resize((GRID, GRID), Image.Resampling.BOX, box), dtype=np.float32)


def _thing(grid: Floats) -> tuple[str, float]:
    # NOTE: silhouettes are compared by their differences from the mean of all; otherwise a blob would be a circle.
    mean = np.mean(list(sprites().values()), axis=0)
    own = grid - mean

    def likeness(thing: str) -> float:
        other = sprites()[thing] - mean
        return float((own * other).sum() / np.sqrt(np.square(own).sum() * np.square(other).sum()))

    best = max(sprites(), key=likeness)
    return best, likeness(best)


def _found(pixels: Floats, background: Floats, mask: Mask) -> Found:
    # NOTE: the colour is that of the pixels farthest from the background, because blended edges would tint it.
    distance = np.sqrt(np.square(pixels - background).sum(axis=2))
    inner = mask & (distance >= np.quantile(distance[mask], 0.4))
    colour = np.median(pixels[inner], axis=0)
    along = colour - background
    solid = mask & ((pixels - background) @ along > 0.5 * along @ along)
    solid = solid if solid.any() else mask
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    left, top, right, bottom = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    height, width = mask.shape
    thing, likeness = _thing(silhouette(solid))
    size = max((right - left) / width, (bottom - top) / height)
    return Found(thing, colour_name(colour), (left + right) / 2 / width, (top + bottom) / 2 / height, size, likeness)


def read_image(image: Image.Image) -> Reading:
    """Return the contents of an image of any size."""
    pixels = np.asarray(image.convert("RGB"), dtype=np.float32)
    edge = np.concatenate([pixels[:2].reshape(-1, 3), pixels[-2:].reshape(-1, 3), pixels[:, 0], pixels[:, -1]])
    background = np.median(edge, axis=0).astype(np.float32)
    differs = np.sqrt(np.square(pixels - background).sum(axis=2)) > CONTRAST
    masks = [mask for mask in components(differs) if mask.mean() > SPECK] if differs.any() else []
    things = sorted((_found(pixels, background, mask) for mask in masks), key=lambda found: found.x)
    return Reading(colour_name(background), tuple(things))
