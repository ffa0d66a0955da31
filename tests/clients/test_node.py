"""openai's own client for Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.serving.running_server import RunningServer
from tests.serving.toys import painted

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: openai for Node is not tested"),
]


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_all_it_can_do(toy: RunningServer, tmp_path: Path) -> None:
    shutil.copy(Path(__file__).with_name("node.mjs"), tmp_path)
    run(tmp_path, "npm", "install", "--no-audit", "--no-fund", "openai@6")
    results = json.loads(run(tmp_path, "node", "node.mjs", f"http://127.0.0.1:{toy.port}/v1"))
    assert [image["seed"] for image in painted({"data": results["generate"]})] == [7, 7]
    assert [image.keys() for image in results["url"]] == [{"url"}]
    assert painted({"data": results["edit"]})[0].items() >= {"image": "PNG", "mask": "PNG"}.items()
    assert [image["image"] for image in painted({"data": results["variation"]})] == ["PNG", "PNG"]
    assert results["events"] == [*["image_generation.partial_image"] * 2, "image_generation.completed"]
    assert results["error"].items() >= {"status": 400, "param": "n"}.items()
    assert results["error"]["requestID"].startswith("req_")
    assert [model["id"] for model in results["models"]] == ["toy"]
