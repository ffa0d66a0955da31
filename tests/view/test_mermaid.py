from __future__ import annotations

import re
from pathlib import Path

import pytest

from graphframe.view.mermaid import to_mermaid
from tests.view.graphs import HAND, PALM, TRACKING, drawn


def chart(folder: Path, *texts: str) -> list[str]:
    return to_mermaid(drawn(folder, *texts), "graph.pbtxt").splitlines()


def shapes(lines: list[str]) -> dict[str, str]:
    """The label of each node, by its id."""
    found = [re.fullmatch(r' *(n\d+)(?:\["|\(\["|\(\(")(.*?)(?:"\]|"\]\)|"\)\))', line) for line in lines]
    return {match[1]: match[2] for match in found if match}


def edges(lines: list[str]) -> list[tuple[str, str, str, str]]:
    """The labels of the nodes, the arrow and the stream of each edge."""
    names = shapes(lines)
    found = [re.fullmatch(r'  (n\d+) (\S+)\|"(.*)"\| (n\d+)', line) for line in lines]
    return [(names[match[1]], match[2], match[3], names[match[4]]) for match in found if match]


def test_whole_chart(tmp_path: Path) -> None:
    text = """
        input_stream: "A:a"
        output_stream: "b"
        node { calculator: "X" device: "NPU" input_stream: "a" output_stream: "b" }
    """
    assert chart(tmp_path, text) == [
        "---",
        'title: "graph.pbtxt"',
        "---",
        "flowchart TB",
        '  n0(["A:a"])',
        '  n1["X<br>NPU"]',
        '  n2(["b"])',
        '  n0 -->|"a"| n1',
        '  n1 -->|"b"| n2',
        "  classDef box0 fill:#ffe6cc,stroke:#d9822b,color:#20262d",
        "  class n1 box0",
        "  classDef input fill:#2f3b48,stroke:#2f3b48,color:#ffffff",
        "  class n0 input",
        "  classDef output fill:#ffffff,stroke:#2f3b48,color:#20262d",
        "  class n2 output",
    ]


def test_edges_of_all_kinds(tmp_path: Path) -> None:
    lines = chart(tmp_path, TRACKING)
    hand, overlay = "hand<br>HandTrackingSubgraph", "overlay<br>AnnotationOverlayCalculator<br>GPU"
    found = edges(lines)
    assert found == [
        ("input_video", "-->", "input_video", "FlowLimiterCalculator"),
        ("NUM_HANDS:num_hands", "-.->", "num_hands", hand),
        ("FlowLimiterCalculator", "-->", "throttled_input_video", hand),
        ("FlowLimiterCalculator", "-->", "throttled_input_video", overlay),
        (hand, "-->", "hand_landmarks", overlay),
        (hand, "-->", "hand_landmarks", "LANDMARKS:hand_landmarks"),
        (hand, "-->", "scores", " "),
        (overlay, "-->", "output_video", "FlowLimiterCalculator"),
        (overlay, "-->", "output_video", "output_video"),
        ("logo", "-->", "logo", overlay),
    ]
    assert "  linkStyle 1 stroke:#8464b8" in lines
    assert "  linkStyle 7 stroke:#cc4b37,stroke-dasharray:9 3" in lines


def test_edges_go_into_subgraphs(tmp_path: Path) -> None:
    lines = chart(tmp_path, TRACKING, HAND, PALM)
    groups = [line.split("subgraph ")[1] for line in lines if "subgraph " in line]
    assert groups == ['s3["hand (HandTrackingSubgraph)"]', 's4["PalmDetectionSubgraph"]']
    assert sum(line.strip() == "end" for line in lines) == 2
    found = edges(lines)
    assert ("FlowLimiterCalculator", "-->", "throttled_input_video", "ImageToTensorCalculator") in found
    palm = "TensorsToDetectionsCalculator"
    assert (palm, "-->", "detections", "ClipVectorSizeCalculator") in found
    assert ("LandmarkCalculator<br>NPU", "-->", "landmarks", "LANDMARKS:hand_landmarks") in found
    assert ("scores", "-->", "scores", " ") not in found


def test_ports_of_a_subgraph_that_no_node_inside_has(tmp_path: Path) -> None:
    inside = 'type: "Sub" input_stream: "A:a" output_stream: "B:b" node { calculator: "Inner" }'
    outside = """
        input_stream: "in"
        output_stream: "out"
        node { name: "sub" calculator: "Sub" input_stream: "A:in" output_stream: "B:out" }
    """
    lines = chart(tmp_path, outside, inside)
    assert edges(lines) == [("in", "-->", "in", "A:a"), ("B:b", "-->", "b", "out")]
    first, last = lines.index('  subgraph s1["sub (Sub)"]'), lines.index("  end")
    assert [*shapes(lines[first:last]).values()] == ["Inner", "A:a", "B:b"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('a"b', "a#34;b"),
        ("1. x", "1#46; x"),
        ("`x`", "#96;x#96;"),
        ("<b>&amp;", "#60;b#62;#38;amp#59;"),
        ("end", "end"),
        ("手_é", "手_é"),
        ("$$x$$", "#36;#8203;#36;#8203;x#36;#8203;#36;#8203;"),
        ("%% x; {y} | [z]", "#37;#37; x#59; #123;y#125; #124; #91;z#93;"),
    ],
)
def test_names_are_escaped(tmp_path: Path, name: str, written: str) -> None:
    quoted = name.replace('"', r"\"")
    lines = chart(tmp_path, f'node {{ name: "{quoted}" calculator: "C" output_stream: "{quoted}" }}')
    assert edges(lines) == [(f"{written}<br>C", "-->", written, " ")]


def test_devices_named_like_other_classes(tmp_path: Path) -> None:
    lines = chart(tmp_path, 'input_stream: "a" node { calculator: "C" device: "input" input_stream: "a" }')
    assert lines.count("  class n0 input") == lines.count("  class n1 box0") == 1
