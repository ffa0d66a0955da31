"""The README of the calculators is right."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import graphframe as gf

ROOT = Path(__file__).parents[2]
README = (ROOT / "calculators/README.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCKS if kind == language]


def author(folder: Path) -> None:
    """Write the files of the README to a folder."""
    for text in blocks("python"):
        name = text.partition("\n")[0].removeprefix("# ")
        (folder / name).write_text(text)


def test_calculators_pass_their_tests(tmp_path: Path) -> None:
    author(tmp_path)
    tests = sum(text.count("\ndef test_") for text in blocks("python"))
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert f"{tests} passed" in done.stdout, done.stdout + done.stderr


def test_node_and_entry_point_fit_the_calculator(tmp_path: Path) -> None:
    author(tmp_path)
    (project,) = blocks("toml")
    ((name, value),) = re.findall(r'^(\w+) = "(\w+:\w+)"$', project, re.MULTILINE)
    metadata = tmp_path / "threshold-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: threshold\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[graphframe.calculators]\n{name} = {value}\n")
    (node,) = blocks("protobuf")
    (tmp_path / "graph.pbtxt").write_text(f'input_stream: "image" output_stream: "mask"\n{node}')
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    check = [sys.executable, "-c", "from graphframe.cli.main import main; main()", "check", "graph.pbtxt"]
    done = subprocess.run(
        check, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ThresholdCalculator" in done.stdout


def test_all_calculators_are_listed() -> None:
    listed: list[tuple[str, str]] = re.findall(r"^\| \[(\w+)\]\((\S+)\) \|", README, re.MULTILINE)
    shipped = {
        entry.name: entry.value.partition(":")[0]
        for entry in entry_points(group="graphframe.calculators")
        if entry.value.startswith("graphframe.calculators.")
    }
    assert {name: f"graphframe/calculators/{path}" for name, path in listed} == {
        name: module.replace(".", "/") + ".py" for name, module in shipped.items()
    }


def test_context_has_what_the_table_says() -> None:
    for name in re.findall(r"`cc\.(\w+)", README):
        assert hasattr(gf.Context, name) or name in gf.Context.__slots__, name
