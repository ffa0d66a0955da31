"""Random scenes: single things, positions, sizes, two or three equal things, and pairs of different things."""

from random import Random

from .world import (
    COLOURS,
    LARGE,
    MEDIUM,
    NATURAL,
    NATURAL_BACKGROUND,
    PLACES,
    SMALL,
    THINGS,
    Scene,
    SceneItem,
    held_out,
)

_COLOUR_NAMES = tuple(COLOURS)
_KINDS = ("single", "place", "extent", "two", "three", "pair")
_WEIGHTS = (30, 10, 8, 14, 18, 20)
_JITTER = (-8, 0, 8)


def _background(random: Random) -> str:
    return NATURAL_BACKGROUND if random.random() < 0.1 else random.choice(_COLOUR_NAMES)


def _coloured(random: Random, background: str, unseen: bool, other: str = "") -> tuple[str, str]:
    while True:
        thing = random.choice(THINGS)
        natural = not unseen and random.random() < 0.2
        colour = NATURAL[thing] if natural else random.choice(_COLOUR_NAMES)
        if colour != background and thing != other and held_out(thing, colour, background) == unseen:
            return thing, colour


def random_scene(random: Random, kind: str = "", unseen: bool = False) -> Scene:
    """Return a random scene.

    Parameters
    ----------
    random : random.Random
        The random generator. Equal states give equal scenes.
    kind : str
        "single", "place", "extent", "two", "three" or "pair"; any of them if empty.
    unseen : bool
        Whether to use only combinations of thing, colour and background that are not in training, or only the others.
    """
    kind = kind or random.choices(_KINDS, _WEIGHTS)[0]
    background = _background(random)
    thing, colour = _coloured(random, background, unseen)
    if kind == "single":
        x, y = 24 + random.choice(_JITTER), 24 + random.choice(_JITTER)
        return Scene(background, (SceneItem(thing, colour, x, y, MEDIUM),))
    if kind == "place":
        place = random.choice(tuple(PLACES))
        return Scene(background, (SceneItem(thing, colour, *PLACES[place], SMALL),), place=place)
    if kind == "extent":
        size = random.choice((SMALL, LARGE))
        x = y = (128 - size) // 2
        return Scene(background, (SceneItem(thing, colour, x, y, size),), extent="small" if size == SMALL else "large")
    if kind == "three":
        y = random.choice((0, 8))
        boxes = ((40 + random.choice(_JITTER), 8 + y), (8, 64 + y), (72, 64 + y))
        return Scene(background, tuple(SceneItem(thing, colour, *box, SMALL) for box in boxes))
    left = SceneItem(thing, colour, 8, 40 + random.choice(_JITTER), SMALL)
    if kind == "pair":
        thing, colour = _coloured(random, background, unseen, other=thing)
    return Scene(background, (left, SceneItem(thing, colour, 72, 40 + random.choice(_JITTER), SMALL)))
