"""The README's examples do what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parity.images import from_openai
from tests.serving.running_server import ROOT, serving

README = (ROOT / "README.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def block(language: str, text: str) -> str:
    """The one block in that language that contains `text`."""
    (found,) = [content for kind, content in BLOCKS if kind == language and text in content]
    return found


@pytest.fixture
def author(tmp_path: Path, euler: Path) -> Path:
    """A folder made by following the README: calculator, package metadata, model and graph."""
    for name in ("invert.py", "test_invert.py", "run.py", "trace.py"):
        (tmp_path / name).write_text(block("python", f"# {name}"))
    metadata = tmp_path / "invert-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: invert\nVersion: 1.0\n")
    ((name, value),) = re.findall(r'^(\w+) = "(\w+:\w+)"$', block("toml", "entry-points"), re.MULTILINE)
    (metadata / "entry_points.txt").write_text(f"[graphframe.calculators]\n{name} = {value}\n")
    model = tmp_path / "model"
    model.mkdir()
    for part in euler.iterdir():
        (model / part.name).symlink_to(part)
    head, tail = (ROOT / "graphs/stable_diffusion.pbtxt").read_text().split('node {\n  name: "base64_encode"')
    tail = tail.replace('"IMAGE:image"', '"IMAGE:inverted_image"')
    (model / "graph.pbtxt").write_text(f'{head}{block("protobuf", "invert")}node {{\n  name: "base64_encode"{tail}')
    return tmp_path


def run(folder: Path, *command: str) -> str:
    """Run a command in `folder`, and return its output."""
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_calculator_and_its_unit_test(author: Path) -> None:
    assert "1 passed" in run(author, sys.executable, "-m", "pytest", "-q", "test_invert.py")


def test_script(author: Path) -> None:
    assert run(author, sys.executable, "run.py", "model") == "0 128 128\n1 128 128\n"


def test_trace(author: Path) -> None:
    table = run(author, sys.executable, "trace.py", "model")
    assert re.search(r"^denoise .*", table, re.MULTILINE)
    assert {event["ph"] for event in json.loads((author / "trace.json").read_text())["traceEvents"]} >= {"X", "M"}


def test_check_finds_the_calculator_of_the_package(author: Path) -> None:
    shown = run(author, sys.executable, "-m", "tests.serving.toy_server", "check", "model")
    assert re.search(r"^invert +InvertCalculator +\(inline\)$", shown, re.MULTILINE)


def test_served_graph_inverts(author: Path, euler: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(author))
    request = {"prompt": "a red cat", "num_inference_steps": 2, "seed": 7}
    with serving(author / "model") as server:
        inverted = from_openai(server)(**request)
    with serving(euler) as server:
        plain = from_openai(server)(**request)
    assert (inverted == 255 - plain).all()


@pytest.mark.parametrize(
    ("text", "made"),
    [('model="stable-diffusion", prompt', ["cat"]), ("# stream.py", ["cat", "partial-0", "partial-1", "partial-2"])],
)
def test_client(author: Path, euler: Path, text: str, made: list[str]) -> None:
    with serving(euler) as server:
        script = block("python", text).replace("8000", str(server.port)).replace("stable-diffusion", "toy")
        (author / "client.py").write_text(script)
        run(author, sys.executable, "client.py")
    assert sorted(path.stem for path in author.glob("*.png")) == made
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in author.glob("*.png"))
