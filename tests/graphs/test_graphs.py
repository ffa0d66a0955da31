"""The graphs that ship are valid, and can be served."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import pytest

from graphframe.framework.graph import Graph

GRAPHS = sorted(Path(str(importlib.resources.files("graphs"))).glob("*.pbtxt"))


def test_there_are_some() -> None:
    assert "stable_diffusion.pbtxt" in [path.name for path in GRAPHS]


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.name)
def test_is_valid(path: Path) -> None:
    graph = Graph.from_file(path)
    assert "REQUEST" in graph.inputs
    assert "IMAGE" in graph.outputs
