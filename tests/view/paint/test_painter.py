from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from graphframe.view.drawing import draw
from graphframe.view.paint.element import svg
from graphframe.view.paint.painter import Painter, details
from tests.view.graphs import HAND, PALM, TRACKING, drawn


def painted(folder: Path, *texts: str) -> Element:
    diagram = drawn(folder, *texts)
    root = svg("graph")
    Painter(diagram).paint(root, draw(diagram), 0, 0)
    return root


def with_class(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


def test_details(tmp_path: Path) -> None:
    limiter, _, overlay = drawn(tmp_path, TRACKING).boxes
    assert details(overlay) == 'overlay\nAnnotationOverlayCalculator\ndevice: GPU\nexecutor: "drawing"'
    assert details(limiter) == (
        "FlowLimiterCalculator\n[mediapipe.FlowLimiterCalculatorOptions] {\n  max_in_flight: 1  # one at a time\n}"
    )


def test_every_node_has_a_title(tmp_path: Path) -> None:
    root = painted(tmp_path, TRACKING, HAND)
    titles = [group[0].text for group in (*with_class(root, "box"), *with_class(root, "subgraph"))]
    assert "hand\nHandTrackingSubgraph" in titles
    assert len(titles) == 6


def test_boxes_are_numbered_from_outside_to_inside(tmp_path: Path) -> None:
    diagram = drawn(tmp_path, TRACKING, HAND, PALM)
    root = painted(tmp_path, TRACKING, HAND, PALM)
    for number, box in enumerate(diagram.all_boxes()):
        (group,) = [element for element in root.iter() if element.get("id") == f"box{number}"]
        assert (group[0].text or "").startswith(box.name)


def test_colour_of_the_device(tmp_path: Path) -> None:
    text = 'node { calculator: "A" device: "GPU" } node { calculator: "B" device: "GPU" } node { calculator: "C" }'
    fills = [group.find("rect").get("fill") for group in with_class(painted(tmp_path, text), "box")]  # type: ignore[union-attr]
    assert fills[0] == fills[1] != fills[2]


def test_kinds_of_lines(tmp_path: Path) -> None:
    wires = with_class(painted(tmp_path, TRACKING), "wire")
    kinds = {(wire.get("data-stream"), wire.get("class")) for wire in wires}
    assert ("stream output_video", "wire") in kinds
    assert ("stream output_video", "wire back") in kinds
    assert ("side packet num_hands", "wire side") in kinds


def test_shared_parts_of_edges_are_drawn_once(tmp_path: Path) -> None:
    text = """
    node { calculator: "A" output_stream: "a" output_stream: "a2" }
    node { calculator: "B" input_stream: "a2" output_stream: "b" }
    node { calculator: "C" input_stream: "a" input_stream: "b" output_stream: "c" }
    node { calculator: "D" input_stream: "a" input_stream: "c" }
    """
    (wire,) = [wire for wire in with_class(painted(tmp_path, text), "wire") if wire.get("data-stream") == "stream a"]
    first, second = (wire.get("d") or "").split(" M")
    assert len(second) < len(first)


def test_ports_show_tags(tmp_path: Path) -> None:
    tags = [element.text or "" for element in with_class(painted(tmp_path, TRACKING), "tag")]
    expected = ["FINISHED", "IMAGE", "NUM_HANDS", "LANDMARKS", "SCORES", "IMAGE", "LANDMARKS", "LOGO", "IMAGE"]
    assert sorted(tags) == sorted(expected)
