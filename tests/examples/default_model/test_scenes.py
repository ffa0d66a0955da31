"""The scenes of training, and the combinations that are not in it."""

from random import Random

from examples.default_model.captions import plain_caption, random_caption
from examples.default_model.scenes import random_scene
from examples.default_model.world import CELL, SIDE, Scene, SceneItem, held_out


def test_equal_seeds_give_equal_scenes_and_captions() -> None:
    scenes = [random_scene(Random(7)) for _ in range(2)]
    assert scenes[0] == scenes[1]
    assert random_caption(scenes[0], Random(8)) == random_caption(scenes[1], Random(8))


def test_combinations_kept_out_never_occur_in_training() -> None:
    random = Random(1)
    for unseen in (False, True):
        for _ in range(300):
            scene = random_scene(random, unseen=unseen)
            assert all(held_out(item.thing, item.colour, scene.background) == unseen for item in scene.items)


def test_boxes_lie_on_the_grid_and_within_the_image() -> None:
    random = Random(2)
    for _ in range(300):
        for item in random_scene(random).items:
            assert item.x % CELL == item.y % CELL == item.size % CELL == 0
            assert min(item.x, item.y) >= 0
            assert max(item.x, item.y) + item.size <= SIDE


def test_plain_captions() -> None:
    star = SceneItem("star", "orange", 24, 24, 80)
    assert plain_caption(Scene("blue", (star,))) == "an orange star on a blue background"
    assert plain_caption(Scene("blue", (star, star, star))) == "three orange stars on a blue background"
    pair = Scene("white", (star, SceneItem("cat", "black", 72, 40, 48)))
    assert plain_caption(pair) == "an orange star left of a black cat on a white background"
