from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from graphframe.cli.main import main
from tests.parity.images import from_genai


def generate(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["generate", *map(str, arguments)])
    return result.exit_code, result.output


def test_writes_the_image_that_genai_makes(euler: Path, tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    options = ("--seed", 7, "--steps", 3, "--size", "128x64", "--guidance-scale", 2, "--negative_prompt", "dog")
    code, output = generate("a red cat", "--model_path", euler, "-o", path, *options)
    assert (code, output) == (0, f"{path}: 128x64, seed 7\n")
    expected = from_genai(euler)(
        "a red cat", 7, width=128, height=64, num_inference_steps=3, guidance_scale=2.0, negative_prompt="dog"
    )
    assert (np.asarray(Image.open(path)) == expected[0]).all()


def test_several_images_get_numbers(euler: Path, tmp_path: Path) -> None:
    code, _ = generate("a red cat", "--model_path", euler, "-o", tmp_path / "cat.png", "-n", 2, "--steps", 1)
    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cat-0.png", "cat-1.png"]


def test_random_seed_is_told(euler: Path, tmp_path: Path) -> None:
    seeds = set()
    for _ in range(2):
        _, output = generate("a red cat", "--model_path", euler, "-o", tmp_path / "cat.png", "--steps", 1)
        seeds.add(output.split("seed ")[1])
    assert len(seeds) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--size", "7x7"), "Error: width and height must be multiples of 8, not 7x7"),
        (("--size", "big"), "'big' is not WIDTHxHEIGHT, as in 512x512"),
        (("-n", 0), "Error: n must be from 1 to 10, not 0"),
        (("--steps", 1000), "Error: num_inference_steps must be from 1 to 100, not 1000"),
    ],
)
def test_what_the_model_cannot_do(euler: Path, tmp_path: Path, options: tuple[object, ...], words: str) -> None:
    code, output = generate("a red cat", "--model_path", euler, "-o", tmp_path / "cat.png", *options)
    assert code != 0
    assert words in output
    assert "Traceback" not in output
    assert not list(tmp_path.iterdir())


def test_folder_without_a_model(tmp_path: Path) -> None:
    code, output = generate("a red cat", "--model_path", tmp_path)
    assert code == 1
    assert "has neither graph.pbtxt nor model_index.json" in output
