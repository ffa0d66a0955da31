from __future__ import annotations

from pathlib import Path

import graphframe as gf
from graphframe.view.diagram import Box, Diagram
from tests.view.graphs import HAND, PALM, TRACKING, drawn


def box(diagram: Diagram, name: str) -> Box:
    return next(each for each in diagram.all_boxes() if each.name == name)


def inside(of: Box) -> Diagram:
    assert of.inside
    return of.inside


def test_calculator_device_settings_and_ports_of_a_node(tmp_path: Path) -> None:
    overlay = box(drawn(tmp_path, TRACKING), "overlay")
    assert (overlay.calculator, overlay.device) == ("AnnotationOverlayCalculator", "GPU")
    assert overlay.settings == 'executor: "drawing"'
    assert [(port.tag, port.stream.name) for port in overlay.inputs] == [
        ("IMAGE", "throttled_input_video"),
        ("LANDMARKS", "hand_landmarks"),
        ("LOGO", "logo"),
    ]


def test_back_edges(tmp_path: Path) -> None:
    limiter = box(drawn(tmp_path, TRACKING), "FlowLimiterCalculator")
    assert [port.is_back_edge for port in limiter.inputs] == [False, True]


def test_back_edge_at_an_index(tmp_path: Path) -> None:
    text = """node {
      calculator: "A" input_stream: "a" input_stream: "b" input_stream: "X:0:c" input_stream: "X:1:d"
      input_stream_info { tag_index: ":1" back_edge: true }
      input_stream_info { tag_index: "X" back_edge: true }
    }"""
    ports = drawn(tmp_path, text).boxes[0].inputs
    assert [(port.tag, port.is_back_edge) for port in ports] == [("", False), ("", True), ("X", True), ("X:1", False)]


def test_side_packets_have_names_of_their_own(tmp_path: Path) -> None:
    text = 'node { calculator: "A" input_stream: "a" input_side_packet: "a" external_input: "OLD:b" }'
    streams = [port.stream for port in drawn(tmp_path, text).boxes[0].inputs]
    assert [(stream.name, stream.is_side_packet) for stream in streams] == [("a", False), ("a", True), ("b", True)]


def test_unknown_calculators_have_nothing_inside(tmp_path: Path) -> None:
    assert all(each.inside is None for each in drawn(tmp_path, TRACKING).all_boxes())


def test_subgraphs_have_mediapipes_prefixes(tmp_path: Path) -> None:
    diagram = drawn(tmp_path, TRACKING, HAND, PALM)
    names = {each.name: each.label for each in diagram.all_boxes()}
    assert names["hand__palmdetectionsubgraph__InferenceCalculator"] == "InferenceCalculator"
    clip = box(diagram, "hand__ClipVectorSizeCalculator")
    assert [port.stream.name for port in clip.outputs] == ["hand__clipped"]
    assert [port.stream.label for port in clip.outputs] == ["clipped"]


def test_streams_at_the_border_keep_the_outer_name(tmp_path: Path) -> None:
    hand = box(drawn(tmp_path, TRACKING, HAND), "hand")
    landmarks = inside(hand).boxes[2].outputs[0].stream
    assert (landmarks.name, landmarks.label) == ("hand_landmarks", "landmarks")
    assert [port.tag for port in inside(hand).inputs] == ["IMAGE", "NUM_HANDS"]


def test_unconnected_inputs_are_omitted(tmp_path: Path) -> None:
    clip = box(drawn(tmp_path, TRACKING, HAND), "hand__ClipVectorSizeCalculator")
    assert [port.stream.label for port in clip.inputs] == ["detections", "num_hands"]


def test_one_stream_at_two_inputs_is_two_inside(tmp_path: Path) -> None:
    outer = 'node { calculator: "S" input_stream: "A:x" input_stream: "B:x" }'
    inner = 'type: "S" input_stream: "A:a" input_stream: "B:b" node { calculator: "C" input_stream: "b" }'
    s = drawn(tmp_path, outer, inner).boxes[0]
    (taken,) = (port.stream for port in inside(s).boxes[0].inputs)
    assert [port.stream == taken for port in inside(s).inputs] == [False, True]


def test_subgraph_that_contains_itself(tmp_path: Path) -> None:
    loop = 'type: "Loop" input_stream: "a" node { calculator: "Loop" input_stream: "a" }'
    outer = drawn(tmp_path, 'node { calculator: "Loop" input_stream: "x" }', loop).boxes[0]
    assert inside(outer).boxes[0].inside is None


def test_registered_subgraphs(tmp_path: Path) -> None:
    path = tmp_path / "registered.pbtxt"
    path.write_text(
        'package: "viewed" type: "InPackage" input_stream: "a" '
        'node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" }'
    )
    gf.register_subgraph(path)
    text = 'package: "viewed.deeper" node { calculator: "InPackage" input_stream: "x" }'
    assert [each.calculator for each in inside(drawn(tmp_path, text).boxes[0]).boxes] == ["PassThroughCalculator"]


def test_subgraphs_that_functions_make(tmp_path: Path) -> None:
    @gf.subgraph("ViewedChain")
    def chain(node: gf.SubgraphNode) -> str:
        if node.name == "bad":
            raise ValueError("no")
        return 'input_stream: "a" node { calculator: "ACalculator" input_stream: "a" }'

    text = 'node { calculator: "ViewedChain" input_stream: "x" } node { name: "bad" calculator: "ViewedChain" }'
    good, bad = drawn(tmp_path, text).boxes
    assert [port.stream.name for port in inside(good).boxes[0].inputs] == ["x"]
    assert bad.inside is None


def test_options_of_a_subgraph_reach_the_function_that_makes_it(tmp_path: Path) -> None:
    text = """node {
      calculator: "SwitchContainer"
      input_stream: "SELECT:choice"
      input_stream: "frame"
      output_stream: "kept"
      options { [mediapipe.SwitchContainerOptions.ext] {
        contained_node { calculator: "FirstCalculator" }
        contained_node { calculator: "SecondCalculator" }
      } }
    }"""
    calculators = {each.calculator for each in inside(drawn(tmp_path, text).boxes[0]).boxes}
    assert {"FirstCalculator", "SecondCalculator"} <= calculators
