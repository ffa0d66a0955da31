"""Captions: many descriptions of a scene."""

from random import Random

from .words import (
    ADJECTIVES,
    BACKGROUNDS,
    COLOUR_WORDS,
    ENDINGS,
    EXTENT_WORDS,
    NOISE,
    NUMBERS,
    OPENINGS,
    PAIRS,
    PLACE_PHRASES,
    PLURALS,
    STRANGERS,
    THING_WORDS,
)
from .world import NATURAL, NATURAL_BACKGROUND, THINGS, Scene, SceneItem

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _plural(word: str) -> str:
    *before, last = word.split()
    return " ".join([*before, PLURALS.get(last, last + "s")])


def _stranger(random: Random, thing: str) -> str:
    """Return a noun that the world does not have. Its first letter selects the thing to draw."""
    first = [letter for i, letter in enumerate(_LETTERS) if i % len(THINGS) == THINGS.index(thing)]
    known = [word for word in STRANGERS if word[0] in first]
    if known and random.random() < 0.5:
        return random.choice(known)
    return random.choice(first) + "".join(random.choices(_LETTERS, k=random.randint(2, 7)))


def _noun_phrase(scene: Scene, item: SceneItem, count: int, random: Random, strangers: bool) -> str:
    noun = random.choice(THING_WORDS[item.thing])
    if random.random() < 0.06 and strangers:
        noun = _stranger(random, item.thing)
    if count > 1:
        noun = _plural(noun)
    colour = random.choice(COLOUR_WORDS[item.colour])
    says_colour = item.colour != NATURAL[item.thing] or random.random() < 0.65
    words = [random.choice(NUMBERS[count])]
    if random.random() < 0.08:
        words.append(random.choice(ADJECTIVES))
    if scene.extent:
        words.append(random.choice(EXTENT_WORDS[scene.extent]))
    if not says_colour:
        return " ".join([*words, noun])
    manner = random.random()
    if manner < 0.88:
        return " ".join([*words, colour, noun])
    if manner < 0.94:
        return " ".join([*words, noun, "that", "are" if count > 1 else "is", colour])
    return " ".join([*words, noun, "in", colour])


def _what(scene: Scene, random: Random, strangers: bool) -> str:
    if scene.is_pair:
        left, right = (_noun_phrase(scene, item, 1, random, strangers) for item in scene.items)
        return random.choice(PAIRS).format(left=left, right=right)
    phrase = _noun_phrase(scene, scene.items[0], len(scene.items), random, strangers)
    return f"{phrase} {random.choice(PLACE_PHRASES[scene.place])}" if scene.place else phrase


def _disturbed(text: str, random: Random) -> str:
    words = text.split()
    chance = random.random()
    at = random.randrange(len(words) + 1)
    if chance < 0.04:
        words.insert(at, random.choice(NOISE))
    elif chance < 0.06:
        words.insert(at, _stranger(random, random.choice(THINGS)))
    elif chance < 0.16:
        words = [word for word in words if word not in ("a", "an", "the")]
    elif chance < 0.18:
        return " ".join(words).capitalize() + "."
    return " ".join(words)


def plain_caption(scene: Scene) -> str:
    """Return a full description of a scene in the simplest words."""
    count = {1: "a", 2: "two", 3: "three"}[1 if scene.is_pair else len(scene.items)]
    nouns = [
        f"{count} {scene.extent + ' ' if scene.extent else ''}{item.colour} "
        f"{item.thing if count == 'a' else _plural(item.thing)}"
        for item in scene.items
    ]
    what = f"{nouns[0]} left of {nouns[1]}" if scene.is_pair else nouns[0]
    if scene.place:
        what = f"{what} {PLACE_PHRASES[scene.place][0]}"
    return f"{what} on a {scene.background} background".replace("a orange", "an orange")


def random_caption(scene: Scene, random: Random, strangers: bool = True) -> str:
    """Return one of many descriptions of a scene.

    A caption omits a colour only if it is the natural one, and the background only if it is white. It therefore always
    determines the scene except the exact boxes. With `strangers`, some captions name a thing that the world does not
    have.
    """
    if not scene.is_pair and random.random() < 0.2:
        text = plain_caption(scene)
    else:
        text = _what(scene, random, strangers)
        if scene.background != NATURAL_BACKGROUND or random.random() < 0.6:
            text = random.choice(BACKGROUNDS).format(what=text, colour=random.choice(COLOUR_WORDS[scene.background]))
    if random.random() < 0.15:
        text = f"{random.choice(OPENINGS)} {text}"
    if random.random() < 0.08:
        text = f"{text}, {random.choice(ENDINGS)}"
    text = _disturbed(" ".join(text.split()), random)
    return text.replace("a orange", "an orange").replace("a emerald", "an emerald").replace("a azure", "an azure")


def vocabulary() -> list[str]:
    """Return all words of captions except the invented ones."""
    groups = (THING_WORDS, COLOUR_WORDS, NUMBERS, EXTENT_WORDS, PLACE_PHRASES)
    phrases = [phrase for group in groups for options in group.values() for phrase in options]
    plurals = [_plural(word) for options in THING_WORDS.values() for word in options]
    phrases += [
        *plurals,
        *BACKGROUNDS,
        *PAIRS,
        *OPENINGS,
        *ADJECTIVES,
        *ENDINGS,
        *NOISE,
        *STRANGERS,
        "an",
        "that is are",
    ]
    text = " ".join(phrases).replace("{", " ").replace("}", " ").replace(",", " ")
    return sorted({word for word in text.split() if word.isalpha()})
