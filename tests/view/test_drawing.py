from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from graphframe.view import measure
from graphframe.view.drawing import Drawing, PlacedBox, draw
from tests.view.graphs import HAND, PALM, TRACKING, drawn, random_text

Room = tuple[float, float, float, float]


def drawings(drawing: Drawing) -> Iterator[Drawing]:
    yield drawing
    for box in drawing.boxes:
        if box.inside:
            yield from drawings(box.inside)


def rooms(drawing: Drawing) -> list[Room]:
    """The left, top, right and bottom of boxes, with the names of streams below them, and of pills."""
    boxes = [(box.x, box.y, box.x + box.width, box.y + box.height + box.below) for box in drawing.boxes]
    return boxes + [(pill.x, pill.y, pill.x + pill.width, pill.y + pill.height) for pill in drawing.pills]


def overlap(one: Room, other: Room) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.fixture(params=["tracking", "one subgraph", "nested subgraphs", *range(4)])
def drawing(request: pytest.FixtureRequest, tmp_path: Path) -> Drawing:
    subgraphs = {"one subgraph": [HAND], "nested subgraphs": [HAND, PALM]}.get(request.param, [])
    text = random_text(request.param) if isinstance(request.param, int) else TRACKING
    return draw(drawn(tmp_path, text, *subgraphs))


def test_nothing_overlaps(drawing: Drawing) -> None:
    for each in drawings(drawing):
        for one, other in combinations(rooms(each), 2):
            assert not overlap(one, other)


def test_all_is_within_the_drawing(drawing: Drawing) -> None:
    for each in drawings(drawing):
        for left, top, right, bottom in rooms(each):
            assert -0.01 <= left < right <= each.width + 0.01
            assert 0 <= top < bottom <= each.height
        for wire in each.wires:
            for curve in wire.curves:
                assert all(-0.01 <= x <= each.width + 0.01 and -0.01 <= y <= each.height + 0.01 for x, y in curve)


def test_inside_fits_in_its_box(drawing: Drawing) -> None:
    for each in drawings(drawing):
        for box in each.boxes:
            if box.inside:
                assert box.inside_x >= measure.MARGIN
                assert box.inside_x + box.inside.width <= box.width
                assert box.inside_y + box.inside.height + measure.footer(box.box) == pytest.approx(box.height)


def test_edges_go_down_and_back_edges_up(drawing: Drawing) -> None:
    for each in drawings(drawing):
        for wire in each.wires:
            for curve in wire.curves:
                heights = [y for _, y in curve]
                if wire.is_back:
                    assert heights[-1] < heights[0]
                else:
                    assert heights == sorted(heights)


def test_edges_pass_no_box(drawing: Drawing) -> None:
    for each in drawings(drawing):
        boxes = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in each.boxes]
        for wire in each.wires:
            for curve in wire.curves:
                for x, y in curve[1:-1]:
                    point = (x, y, x, y)
                    assert not any(
                        overlap(point, (left, top, right, bottom - 0.01)) for left, top, right, bottom in boxes
                    )


def test_labels_do_not_overlap(drawing: Drawing) -> None:
    for each in drawings(drawing):
        for box in each.boxes:
            for ports in (box.inputs, box.outputs):
                spans = sorted(
                    (port.x - half, port.x + half)
                    for port in ports
                    for half in [measure.port_width(port.port, port.is_named) / 2]
                )
                assert all(box.x - 0.01 <= left and right <= box.x + box.width + 0.01 for left, right in spans)
                for (_, right), (left, _) in pairwise(spans):
                    assert right <= left + 0.01


def names(drawing: Drawing) -> Counter[str]:
    """How often each stream is written somewhere."""
    found: Counter[str] = Counter()
    for each in drawings(drawing):
        found.update(port.port.stream.name for box in each.boxes for port in box.outputs if port.is_named)
        found.update(pill.port.stream.name for pill in each.pills)
    return found


def test_every_stream_has_its_name_once(tmp_path: Path) -> None:
    counts = names(draw(drawn(tmp_path, TRACKING, HAND, PALM)))
    assert set(counts) == {
        *("input_video", "num_hands", "throttled_input_video", "hand_landmarks", "scores", "logo", "output_video"),
        *("hand__detections", "hand__clipped"),
        *(f"hand__palmdetectionsubgraph__{name}" for name in ("tensors", "raw_detections", "anchors")),
    }
    # Twice: outputs that nodes take too, and what the subgraph lacks, which is said inside of it.
    assert {name for name, count in counts.items() if count > 1} == {"hand_landmarks", "output_video", "scores"}


def find(drawing: Drawing, label: str) -> PlacedBox:
    return next(box for each in drawings(drawing) for box in each.boxes if box.box.label == label)


def test_streams_that_lead_nowhere(tmp_path: Path) -> None:
    drawing = draw(drawn(tmp_path, TRACKING))
    assert [port.is_dangling for port in find(drawing, "hand").outputs] == [False, True]
    assert [pill.port.stream.name for pill in drawing.pills if pill.role == "missing"] == ["logo"]


def test_output_without_producer(tmp_path: Path) -> None:
    drawing = draw(drawn(tmp_path, 'output_stream: "result" node { calculator: "A" }'))
    assert sorted(pill.role for pill in drawing.pills) == ["missing", "output"]
    assert len(drawing.wires) == 1


def test_edges_end_at_ports(tmp_path: Path) -> None:
    drawing = draw(drawn(tmp_path, TRACKING, HAND))
    hand = find(drawing, "hand")
    ends = [curve[-1] for wire in drawing.wires for curve in wire.curves]
    assert all(any(end == pytest.approx((port.x, hand.y)) for end in ends) for port in hand.inputs)


def test_ports_of_a_subgraph_are_where_its_inside_has_them(tmp_path: Path) -> None:
    hand = find(draw(drawn(tmp_path, TRACKING, HAND)), "hand")
    assert hand.inside
    starts = {curve[0][0] + hand.inside_x + hand.x for wire in hand.inside.wires for curve in wire.curves}
    for port in hand.inputs:
        assert any(start == pytest.approx(port.x) for start in starts)


def test_cycle_that_is_not_declared(tmp_path: Path) -> None:
    text = """
    node { calculator: "A" input_stream: "b" output_stream: "a" }
    node { calculator: "B" input_stream: "a" output_stream: "b" }
    node { calculator: "C" input_stream: "c" output_stream: "c" }
    """
    drawing = draw(drawn(tmp_path, text))
    assert sorted((wire.stream.name, wire.is_back) for wire in drawing.wires) == [
        ("a", False),
        ("b", True),
        ("c", True),
    ]


def test_stream_that_two_nodes_make(tmp_path: Path) -> None:
    text = """
    node { calculator: "A" output_stream: "a" }
    node { calculator: "B" output_stream: "a" }
    node { calculator: "C" input_stream: "a" }
    """
    (wire,) = draw(drawn(tmp_path, text)).wires
    assert len(wire.curves) == 2


def test_large_graph_takes_little_work(tmp_path: Path) -> None:
    drawing = draw(drawn(tmp_path, random_text(0, nodes=150, streams=260)))
    assert len(drawing.boxes) == 150


def test_a_side_packet_that_is_read_far_below_is_named_there(tmp_path: Path) -> None:
    chain = "".join(f'node {{ calculator: "C" input_stream: "s{i}" output_stream: "s{i + 1}" }}' for i in range(5))
    readers = ('input_stream: "s0"', 'input_stream: "s5"', 'input_stream: "s5" output_stream: "end"')
    reads = "".join(f'node {{ calculator: "D" input_side_packet: "model" {reader} }}' for reader in readers)
    text = (
        f'input_stream: "s0" input_side_packet: "model" output_side_packet: "model" output_stream: "end" {chain}{reads}'
    )
    drawing = draw(drawn(tmp_path, text))
    pills = [pill for pill in drawing.pills if pill.port.stream.name == "model"]
    assert sorted(pill.role for pill in pills) == ["again", "input", "output"]
    (again,) = (pill for pill in pills if pill.role == "again")
    wires = [curve for wire in drawing.wires if wire.stream.is_side_packet for curve in wire.curves]
    starts = Counter(again.y <= curve[0][1] <= again.y + again.height for curve in wires)
    assert starts == {True: 2, False: 2}
