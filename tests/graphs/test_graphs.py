"""The graphs that ship are valid, and can be served."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import pytest

from graphframe.calculators.diffusion.static_shapes_pb2 import StaticShapes
from graphframe.calculators.lora.lora_pb2 import LoraOptions
from graphframe.framework.graph import Graph
from graphframe.repository.default_model import DEFAULT_MODEL

GRAPHS = sorted(Path(str(importlib.resources.files("graphframe.graphs"))).glob("*.pbtxt"))
STAGED = [path for path in (*GRAPHS, DEFAULT_MODEL / "graph.pbtxt") if "DenoiseCalculator" in path.read_text()]


def test_there_are_some() -> None:
    assert "stable_diffusion.pbtxt" in [path.name for path in GRAPHS]


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.name)
def test_is_valid(path: Path) -> None:
    graph = Graph.from_file(path)
    assert "REQUEST" in graph.inputs
    assert "IMAGE" in graph.outputs


@pytest.mark.parametrize("path", STAGED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_stages_take_over_what_is_said_once(path: Path) -> None:
    said = {"static_shapes": StaticShapes(resolution="64x64"), "lora": LoraOptions(use_file_alpha=False)}
    text = (
        path.read_text()
        + """
        graph_options { [type.googleapis.com/graphframe.StaticShapes] { resolution: "64x64" } }
        graph_options { [type.googleapis.com/graphframe.LoraOptions] { use_file_alpha: false } }
    """
    )
    for node in Graph.from_text(text, path.parent).nodes:
        for options in node.options.values():
            for field in said.keys() & options.DESCRIPTOR.fields_by_name.keys():
                assert getattr(options, field) == said[field], (node.name, field)


@pytest.mark.parametrize("path", STAGED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_files_tell_what_the_model_chose(path: Path) -> None:
    encoders = [node for node in Graph.from_file(path).nodes if node.calculator == "Base64EncodeCalculator"]
    assert len(encoders) == 2
    for node in encoders:
        assert "REQUEST:diffusion_request" in map(str, node.inputs)
