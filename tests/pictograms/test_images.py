"""The included model draws its prompts: images are requested over HTTP, and read by a checker without a neural network.

Single images are right for most seeds, not for all. The tests therefore assert properties of several images together.
The exact rates over hundreds of prompts are in ``examples/default_model/README.md``.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from examples.default_model.checker import Reading
from graphframe.repository.default_model import DEFAULT_MODEL, NOTICE
from tests.parity.images import difference, from_genai, from_openai
from tests.serving.running_server import RunningServer

Read = Callable[..., Reading]
SINGLES = [
    ("star", "red", "blue"),
    ("heart", "yellow", "purple"),
    ("circle", "green", "white"),
    ("tree", "orange", "brown"),
    ("house", "pink", "black"),
    ("moon", "blue", "yellow"),
    ("cross", "white", "red"),
    ("square", "purple", "green"),
]
PAIRS = [
    ("red", "star", "green", "circle", "white"),
    ("blue", "heart", "orange", "square", "black"),
    ("yellow", "moon", "pink", "house", "blue"),
    ("white", "ring", "black", "tree", "red"),
]


@pytest.fixture(scope="module")
def singles(read: Read) -> list[Reading]:
    """Images of one thing each."""
    article = {"orange": "an"}
    return [
        read(f"{article.get(colour, 'a')} {colour} {thing} on a {background} background")
        for thing, colour, background in SINGLES
    ]


def test_background(singles: list[Reading]) -> None:
    assert [reading.background for reading in singles] == [background for *_, background in SINGLES]


def test_one_thing_is_one_thing(singles: list[Reading]) -> None:
    assert [len(reading.things) for reading in singles].count(1) >= len(SINGLES) - 1


def test_colour(singles: list[Reading]) -> None:
    right = [
        {found.colour for found in reading.things} == {colour}
        for reading, (_, colour, _) in zip(singles, SINGLES, strict=True)
    ]
    assert right.count(True) >= len(SINGLES) - 1


def test_shape(singles: list[Reading]) -> None:
    right = [
        {found.thing for found in reading.things} == {thing}
        for reading, (thing, _, _) in zip(singles, SINGLES, strict=True)
    ]
    assert right.count(True) >= len(SINGLES) - 1


@pytest.mark.parametrize(("words", "count"), [("two", 2), ("three", 3)])
def test_count(read: Read, words: str, count: int) -> None:
    prompts = [f"{words} {thing}s on a yellow background" for thing in ("blue star", "red heart", "green circle")]
    assert [len(read(prompt).things) for prompt in prompts].count(count) >= 2


def test_left_and_right(read: Read) -> None:
    right = []
    for colour, thing, other_colour, other_thing, background in PAIRS:
        reading = read(f"a {colour} {thing} left of a {other_colour} {other_thing} on a {background} background")
        right.append([found.colour for found in reading.things] == [colour, other_colour])
    assert right.count(True) >= len(PAIRS) - 1


@pytest.mark.parametrize("size", [192, 256])
def test_larger_pictures(read: Read, size: int) -> None:
    readings = [
        read(f"a {colour} {thing} on a {background} background", width=size, height=size)
        for thing, colour, background in SINGLES[:4]
    ]
    right = [
        (reading.background, [found.thing for found in reading.things]) == (background, [thing])
        for reading, (thing, _, background) in zip(readings, SINGLES, strict=False)
    ]
    assert right.count(True) >= 3


@pytest.mark.parametrize(("width", "height"), [(64, 64), (192, 128), (64, 320)])
def test_other_sizes_work(server: RunningServer, width: int, height: int) -> None:
    assert from_openai(server, model="pictograms")("a red star", width, height, seed=1).shape == (1, height, width, 3)


def test_larger_than_what_is_made_in_a_minute(server: RunningServer) -> None:
    status, answer = server.generate(prompt="a red star", size="1856x1792")
    assert (status, answer["error"]["message"]) == (400, "the size must be at most 1792x1792, not 1856x1792")


def test_unknown_words_give_a_neat_picture_of_something(read: Read) -> None:
    readings = [read(prompt) for prompt in ("a happy wizard", "asdf qwerty", "a dog on the beach", "Mona Lisa")]
    neat = [len(reading.things) == 1 and reading.things[0].likeness > 0.8 for reading in readings]
    assert neat.count(True) >= 3


def test_same_seed_same_bytes(server: RunningServer) -> None:
    def draw(seed: int) -> object:
        status, answer = server.generate(prompt="a red star", seed=seed)
        assert status == 200
        return answer["data"][0]["b64_json"]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_guidance_changes_the_picture_but_not_the_background(server: RunningServer, read: Read) -> None:
    draw = from_openai(server, model="pictograms")
    prompt = "three yellow stars on a blue background"
    assert difference(draw(prompt, seed=3, guidance_scale=1), draw(prompt, seed=3, guidance_scale=5))
    assert {read(prompt, 3, guidance_scale=scale).background for scale in (1, 5)} == {"blue"}


def test_same_pixels_as_genai(server: RunningServer) -> None:
    ours = from_openai(server, model="pictograms")("a red star on a blue background", seed=7)
    theirs = from_genai(DEFAULT_MODEL)("a red star on a blue background", 7, num_inference_steps=12, guidance_scale=2.5)
    assert not difference(ours, theirs)


def test_the_server_says_what_it_serves(server: RunningServer) -> None:
    assert any(NOTICE in line for line in server.log)
    assert server.request("GET", "/v1/models")[1]["data"][0]["id"] == "pictograms"
