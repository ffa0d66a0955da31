"""The words of captions."""

THING_WORDS: dict[str, tuple[str, ...]] = {
    "circle": ("circle", "circle", "disc", "dot", "ball"),
    "square": ("square", "square", "box", "block"),
    "triangle": ("triangle", "triangle", "pyramid"),
    "star": ("star",),
    "heart": ("heart", "heart", "love heart"),
    "ring": ("ring", "ring", "hoop", "donut"),
    "cross": ("cross", "cross", "plus sign"),
    "moon": ("moon", "moon", "crescent", "crescent moon"),
    "sun": ("sun", "sun", "sunshine"),
    "tree": ("tree", "tree", "fir", "pine tree"),
    "house": ("house", "house", "home", "hut"),
    "fish": ("fish",),
    "flower": ("flower", "flower", "blossom", "daisy"),
    "cat": ("cat", "cat", "kitten", "kitty"),
    "car": ("car", "car", "automobile", "vehicle"),
}

PLURALS = {
    "box": "boxes",
    "cross": "crosses",
    "fish": "fish",
    "daisy": "daisies",
    "kitty": "kitties",
    "sunshine": "suns",
}
"""Irregular plurals."""

COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "red": ("red", "red", "red", "crimson", "scarlet", "bright red"),
    "orange": ("orange", "orange", "orange", "tangerine"),
    "yellow": ("yellow", "yellow", "yellow", "golden", "bright yellow"),
    "green": ("green", "green", "green", "emerald", "dark green"),
    "blue": ("blue", "blue", "blue", "navy", "azure", "dark blue"),
    "purple": ("purple", "purple", "violet"),
    "pink": ("pink", "pink", "rose", "magenta"),
    "brown": ("brown", "brown", "chocolate"),
    "black": ("black", "black", "jet black"),
    "white": ("white", "white", "snow white", "ivory"),
}

NUMBERS: dict[int, tuple[str, ...]] = {
    1: ("a", "a", "a", "a", "one", "1", "", "the", "a single"),
    2: ("two", "two", "two", "2", "a pair of", "a couple of"),
    3: ("three", "three", "three", "3", "a group of three"),
}

EXTENT_WORDS = {"small": ("small", "tiny", "little"), "large": ("large", "big", "huge", "giant")}

PLACE_PHRASES: dict[str, tuple[str, ...]] = {
    "left": ("on the left", "at the left", "on the left side", "left"),
    "right": ("on the right", "at the right", "on the right side", "right"),
    "top": ("at the top", "on top", "top", "above"),
    "bottom": ("at the bottom", "bottom", "below"),
    "centre": ("in the centre", "in the center", "in the middle"),
    "top left": ("in the top left corner", "at the top left", "in the upper left corner"),
    "top right": ("in the top right corner", "at the top right", "in the upper right corner"),
    "bottom left": ("in the bottom left corner", "at the bottom left", "in the lower left corner"),
    "bottom right": ("in the bottom right corner", "at the bottom right", "in the lower right corner"),
}

BACKGROUNDS = (
    "{what} on a {colour} background",
    "{what} on a {colour} background",
    "{what} on a {colour} background",
    "{what} on {colour}",
    "{what}, {colour} background",
    "{what} with a {colour} background",
    "{what} against a {colour} backdrop",
    "{what} in front of a {colour} background",
    "{colour} background, {what}",
    "on a {colour} background, {what}",
)

PAIRS = (
    "{left} left of {right}",
    "{left} to the left of {right}",
    "{left} on the left and {right} on the right",
    "{left} on the left, {right} on the right",
    "{right} right of {left}",
    "{right} to the right of {left}",
    "{right} on the right and {left} on the left",
    "{left} and {right}",
    "{left} next to {right}",
    "{left} beside {right}",
)

OPENINGS = (
    "a photo of",
    "a picture of",
    "a drawing of",
    "an image of",
    "an icon of",
    "an illustration of",
    "a painting of",
    "draw",
    "show me",
    "there is",
)

ADJECTIVES = ("cute", "nice", "beautiful", "pretty", "shiny", "lovely", "funny", "simple", "happy")

ENDINGS = ("high quality", "4k", "flat design", "minimal", "clip art", "vector art", "masterpiece", "highly detailed")

STRANGERS = (
    "dog",
    "horse",
    "robot",
    "mountain",
    "castle",
    "dragon",
    "person",
    "woman",
    "man",
    "bird",
    "boat",
    "bicycle",
    "table",
    "city",
    "landscape",
    "portrait",
    "astronaut",
    "forest",
    "ocean",
    "apple",
)
"""Nouns that the world does not have. Their images show one of its things."""

NOISE = ("very", "with", "in", "and", "of", "style", "art", "some", "my", "its", "for", "by", "please", "night", "day")
