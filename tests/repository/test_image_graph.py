from __future__ import annotations

from pathlib import Path

import pytest

from graphframe.framework.errors import GraphConfigError
from graphframe.images import ImageRequest
from graphframe.repository.image_graph import open_image_graph
from tests.calculators.ovms.graphs import ovms_graph


@pytest.fixture
def folder(tmp_path: Path, euler: Path) -> Path:
    """A folder with a model."""
    for part in euler.iterdir():
        (tmp_path / part.name).symlink_to(part)
    return tmp_path


def test_without_a_graph_of_its_own(folder: Path) -> None:
    graph = open_image_graph(folder)
    assert ([*graph.inputs], graph.outputs) == (["REQUEST"], ["IMAGE", "PREVIEW"])


def test_a_graph_of_openvino_model_server(folder: Path) -> None:
    (folder / "graph.pbtxt").write_text(ovms_graph())
    graph = open_image_graph(folder)
    assert ([*graph.inputs], graph.outputs) == (["REQUEST"], ["IMAGE", "PREVIEW"])
    request = ImageRequest("a red cat", width=64, height=64, num_inference_steps=3, partial_images=2)
    outputs = graph.run(REQUEST=request)
    assert {name: len(packets) for name, packets in outputs.items()} == {"IMAGE": 1, "PREVIEW": 2}


def test_problems_name_file_and_line(folder: Path) -> None:
    (folder / "graph.pbtxt").write_text(ovms_graph('device: "CPU CPU"'))
    with pytest.raises(GraphConfigError, match=r"^\S*graph\.pbtxt:16: [^\n]* names 2 devices[^\n]*$"):
        open_image_graph(folder)


def test_a_graph_that_is_not_an_image_graph(tmp_path: Path) -> None:
    (tmp_path / "graph.pbtxt").write_text('input_stream: "REQUEST:a" output_stream: "a"')
    with pytest.raises(GraphConfigError, match="an image graph needs an input_stream"):
        open_image_graph(tmp_path)


def test_graph_that_needs_side_packets_is_refused(tmp_path: Path) -> None:
    """Nothing gives them to it, so that each request would fail."""
    text = """
        input_stream: "REQUEST:request" output_stream: "IMAGE:image" input_side_packet: "STYLE:style" %s
        node { calculator: "SidePacketToStreamCalculator" input_stream: "TICK:request" input_side_packet: "style"
               output_stream: "AT_TICK:image" }
    """
    (tmp_path / "graph.pbtxt").write_text(text % "")
    with pytest.raises(GraphConfigError, match='needs the side packets "style": give them by --side_packet'):
        open_image_graph(tmp_path)
    constant = """
        node { calculator: "ConstantSidePacketCalculator" output_side_packet: "PACKET:style"
               options { [graphframe.ConstantSidePacketCalculatorOptions.ext] { packet { string_value: "oil" } } } }
    """
    (tmp_path / "graph.pbtxt").write_text((text % constant).replace('input_side_packet: "STYLE:style"', "", 1))
    open_image_graph(tmp_path)
