from __future__ import annotations

from pathlib import Path

import pytest

import graphframe as gf
from graphframe.view.drawable import read_drawable
from tests.view.graphs import HAND, TRACKING, source


def test_options_have_the_text_of_the_file(tmp_path: Path) -> None:
    found = source(TRACKING, tmp_path)
    assert found.options == [
        "[mediapipe.FlowLimiterCalculatorOptions] {\n  max_in_flight: 1  # one at a time\n}",
        "",
        "",
    ]
    assert (
        source(HAND, tmp_path).options[2] == '[mediapipe.LandmarkCalculatorOptions.ext] < model_path: "hand.tflite" >'
    )


def test_options_of_each_node_of_a_list(tmp_path: Path) -> None:
    text = 'node: [{ calculator: "A" }, { calculator: "B" options { x: "}" } node_options { [a/b.C] { y: 2 } } }]'
    assert source(text, tmp_path).options == ["", 'x: "}"\n[a/b.C] { y: 2 }']


@pytest.mark.parametrize("value", ['"not a number"', "{ x: 1 }", "-1"])
def test_options_that_cannot_be_read_are_allowed(value: str, tmp_path: Path) -> None:
    options = f"max_num_images_per_prompt: {value}"
    text = (
        'node { calculator: "ImageRequestCalculator" node_options { '
        f"[type.googleapis.com/graphframe.ImageRequestCalculatorOptions] {{ {options} }} }} }}"
    )
    assert options in source(text, tmp_path).options[0]


def test_any_number_of_unknown_options(tmp_path: Path) -> None:
    node = 'node { calculator: "FarAwayCalculator" options { [mediapipe.FarAwayCalculatorOptions.ext] { a: 1 } } }\n'
    found = source(node * 100, tmp_path)
    assert len(found.config.nodes) == 100
    assert found.options == ["[mediapipe.FarAwayCalculatorOptions.ext] { a: 1 }"] * 100


def test_generators_of_old_graphs_are_nodes(tmp_path: Path) -> None:
    text = """\
    packet_factory { packet_factory: "NumberFactory" output_side_packet: "number" }
    packet_generator {
      packet_generator: "AnchorsGenerator"
      input_side_packet: "number"
      output_side_packet: "anchors"
      options { [mediapipe.AnchorsGeneratorOptions.ext] { a: 1 } }
    }
    node { calculator: "DetectCalculator" input_side_packet: "anchors" }
    """
    found = source(text, tmp_path)
    assert [node.name for node in found.config.nodes] == ["DetectCalculator", "AnchorsGenerator", "NumberFactory"]
    assert found.options == ["", "[mediapipe.AnchorsGeneratorOptions.ext] { a: 1 }", ""]


@pytest.mark.parametrize(
    "text", ["hello world", "node {", "# Title\n\nSome words, and more of them.", "\0\1\2", "a: 1"]
)
def test_text_that_is_not_a_graph(text: str, tmp_path: Path) -> None:
    with pytest.raises(gf.GraphConfigError) as caught:
        source(text, tmp_path)
    assert len(caught.value.problems) == 1


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(gf.GraphConfigError):
        read_drawable(path)


def test_graph_without_nodes(tmp_path: Path) -> None:
    with pytest.raises(gf.GraphConfigError, match="the graph has no nodes to draw"):
        source('input_stream: "a"', tmp_path)
