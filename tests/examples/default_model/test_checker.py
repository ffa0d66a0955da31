"""The checker reads the generator's own images, so that it can judge a model's."""

from itertools import permutations
from random import Random

import numpy as np
import pytest
from PIL import Image, ImageFilter

from examples.default_model.checker import components, read_image
from examples.default_model.scenes import random_scene
from examples.default_model.shapes import render
from examples.default_model.world import COLOURS, LARGE, MEDIUM, SMALL, THINGS, Scene, SceneItem


def _image(scene: Scene, side: int = 128) -> Image.Image:
    return Image.fromarray(render(scene, side).astype(np.uint8))


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
@pytest.mark.parametrize("thing", THINGS)
def test_each_thing_is_known_at_each_size(thing: str, size: int) -> None:
    (found,) = read_image(_image(Scene("white", (SceneItem(thing, "blue", 8, 8, size),)))).things
    assert (found.thing, found.colour) == (thing, "blue")
    assert found.likeness > 0.85


@pytest.mark.parametrize(("colour", "background"), list(permutations(COLOURS, 2)))
def test_each_colour_is_known_on_each_background(colour: str, background: str) -> None:
    reading = read_image(_image(Scene(background, (SceneItem("star", colour, 24, 24, MEDIUM),))))
    assert reading.background == background
    assert [found.colour for found in reading.things] == [colour]


@pytest.mark.parametrize(("side", "blur"), [(128, 0.0), (128, 1.0), (192, 0.0), (256, 1.5)])
def test_random_scenes_are_read_right(side: int, blur: float) -> None:
    wrong = 0
    for number in range(100):
        scene = random_scene(Random(f"checker/{number}"))
        reading = read_image(_image(scene, side).filter(ImageFilter.GaussianBlur(blur)))
        wanted = [(item.thing, item.colour) for item in sorted(scene.items, key=lambda item: item.x)]
        if scene.background != reading.background or wanted != [(t.thing, t.colour) for t in reading.things]:
            wrong += 1
    assert wrong <= 1


def _bent(image: Image.Image, strength: float, seed: int) -> Image.Image:
    """Move the pixels of an image by a smooth random field, `strength` pixels far."""
    rng = np.random.default_rng(seed)
    height, width = image.height, image.width
    offsets = []
    for _ in range(2):
        coarse = Image.fromarray(rng.normal(0, strength, (height // 10, width // 10)).astype(np.float32))
        offsets.append(np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)))
    rows, columns = np.mgrid[:height, :width]
    from_rows = np.clip(np.rint(rows + offsets[0]), 0, height - 1).astype(int)
    from_columns = np.clip(np.rint(columns + offsets[1]), 0, width - 1).astype(int)
    return Image.fromarray(np.asarray(image)[from_rows, from_columns])


@pytest.mark.parametrize("thing", THINGS)
def test_bent_outlines_are_read_right(thing: str) -> None:
    scene = Scene("red", (SceneItem(thing, "orange", 24, 24, MEDIUM),))
    readings = [read_image(_bent(_image(scene), 3, seed)) for seed in range(10)]
    assert [[found.thing for found in reading.things] == [thing] for reading in readings].count(True) >= 9


def test_what_is_no_thing_is_like_none() -> None:
    image = np.zeros((128, 128, 3), dtype=np.uint8)
    image[30:98, 20:60] = image[60:70, 60:100] = 255
    image[90:98, 60:110] = 255
    (found,) = read_image(Image.fromarray(image)).things
    assert found.likeness < 0.6


def test_left_and_right() -> None:
    scene = Scene("black", (SceneItem("cat", "pink", 8, 40, SMALL), SceneItem("car", "green", 72, 48, SMALL)))
    left, right = read_image(_image(scene)).things
    assert (left.thing, right.thing) == ("cat", "car")
    assert left.x < 0.5 < right.x


def test_an_empty_image_shows_nothing() -> None:
    reading = read_image(Image.new("RGB", (128, 128), COLOURS["purple"]))
    assert reading.background == "purple"
    assert reading.things == ()


def test_components_touch_at_corners_and_come_largest_first() -> None:
    mask = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 1], [0, 0, 0, 0, 0]], dtype=bool)
    assert [int(part.sum()) for part in components(mask)] == [2, 1]
