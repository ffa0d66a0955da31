from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import graphframe as gf
from graphframe.repository.image_graph import open_image_graph
from graphframe.repository.image_metadata import image_metadata
from graphframe.repository.speeds import graph_speed, node_speed
from graphframe.speed import VARIABLE
from tests.calculators.ovms.graphs import ovms_graph

SHIPPED = Path(__file__).parents[2] / "graphs" / "stable_diffusion.pbtxt"


def graph_of(euler: Path, folder: Path, speed: str) -> gf.Graph:
    """The graph of a model whose VAE decoder for images has a speed."""
    for part in euler.iterdir():
        (folder / part.name).symlink_to(part)
    text = SHIPPED.read_text().replace('"vae_decoder" }', f'"vae_decoder" speed: "{speed}" }}', 1)
    (folder / "graph.pbtxt").write_text(text)
    return open_image_graph(folder)


def test_nodes_have_the_speed_of_the_environment_or_their_own(
    euler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = open_image_graph(euler)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert graph_speed(graph) == "exact"
    assert image_metadata(graph).keys() == {"graph"}
    monkeypatch.setenv(VARIABLE, "balanced")
    assert {node.calculator: node_speed(node) for node in graph.nodes if node_speed(node)} == {
        "DenoiseCalculator": "balanced",
        "VaeDecodeCalculator": "balanced",
    }
    assert image_metadata(graph)["speed"] == "balanced"
    found = {node.name: node_speed(node) for node in graph_of(euler, tmp_path, "exact").nodes}
    assert (found["vae_decode"], found["preview_decode"]) == ("exact", "balanced")


def test_wrong_speeds_are_refused(euler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(gf.GraphConfigError, match='speed must be exact or balanced, not "fast"'):
        graph_of(euler, tmp_path, "fast")
    monkeypatch.setenv(VARIABLE, "fast")
    with pytest.raises(gf.GraphConfigError, match='GRAPHFRAME_SPEED must be exact or balanced, not "fast"'):
        open_image_graph(euler)


def test_balanced_pixels_differ_by_rounding(euler: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {}
    for speed in ("exact", "balanced"):
        monkeypatch.setenv(VARIABLE, speed)
        pipe = gf.Pipeline(euler, progress=False)
        [file] = pipe("a red cat", size="64x64", steps=2, seed=7).files
        image = Image.open(io.BytesIO(file.content))
        assert image.info.get("speed", "exact") == speed
        made[speed] = np.asarray(image).astype(int)
    assert 0 < np.abs(made["balanced"] - made["exact"]).mean() < 1


def test_a_graph_of_openvino_model_server_has_speeds(
    euler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in euler.iterdir():
        (tmp_path / part.name).symlink_to(part)
    (tmp_path / "graph.pbtxt").write_text(ovms_graph())
    monkeypatch.setenv(VARIABLE, "balanced")
    assert graph_speed(open_image_graph(tmp_path)) == "balanced"
