"""curl, as people type it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.serving.running_server import RunningServer
from tests.serving.toys import painted

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def curl(server: RunningServer, task: str, *arguments: str) -> Any:
    url = f"http://127.0.0.1:{server.port}/v1/images/{task}"
    done = subprocess.run(["curl", "-sS", url, *arguments], capture_output=True, check=True, timeout=30)
    return json.loads(done.stdout)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.txt"  # what it is called says nothing
    path.write_bytes(b"\x89PNG")
    return path


def test_generation(toy: RunningServer) -> None:
    response = curl(toy, "generations", "-H", "Content-Type: application/json", "-d", '{"prompt": "a cat"}')
    assert painted(response)[0]["prompt"] == "a cat"


def test_json_without_its_type(toy: RunningServer) -> None:
    response = curl(toy, "generations", "-d", '{"prompt": "a cat"}')
    assert "add -H 'Content-Type: application/json'" in response["error"]["message"]


@pytest.mark.parametrize("name", ["image", "image[]"])
def test_edit(toy: RunningServer, image: Path, name: str) -> None:
    response = curl(toy, "edits", "-F", f"{name}=@{image}", "-F", "prompt=a cat", "-F", "n=1", "-F", "seed=5")
    assert painted(response)[0].items() >= {"image": "\x89PNG", "seed": 5}.items()


@pytest.mark.parametrize("names", [["image", "image"], ["image[]", "image[]"], ["image[1]", "image[0]"]])
def test_several_images_to_edit(toy: RunningServer, image: Path, tmp_path: Path, names: list[str]) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(b"other")
    files = [image, other] if names[0] != "image[1]" else [other, image]
    parts = [part for name, file in zip(names, files, strict=True) for part in ("-F", f"{name}=@{file}")]
    (painting,) = painted(curl(toy, "edits", *parts, "-F", "prompt=a cat"))
    assert (painting["image"], painting["images"]) == ("\x89PNG", ["other"])


def test_variation(toy: RunningServer, image: Path) -> None:
    assert painted(curl(toy, "variations", "-F", f"image=@{image}"))[0]["image"] == "\x89PNG"
