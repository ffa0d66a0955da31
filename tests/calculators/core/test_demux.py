from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import Timestamp
from graphframe.calculators.core.demux_pb2 import DemuxCalculatorOptions
from tests.calculators.core.steps import Event, Steps, interface, node, problems

OPTION = f"node_options {{ [type.googleapis.com/{DemuxCalculatorOptions.DESCRIPTOR.full_name}] {{ select: 1 }} }}"
SIDE = 'input_side_packet: "SELECT:side"'
OUTPUTS = "OUTPUT:0:x OUTPUT:1:y"
BY_STREAM = interface("a select", "x y") + node("DemuxCalculator", "INPUT:a SELECT:select", OUTPUTS)
BY_SIDE_PACKET = interface("a", "x y", "side") + node("DemuxCalculator", "INPUT:a", OUTPUTS, SIDE)
BY_OPTION = interface("a", "x y") + node("DemuxCalculator", "INPUT:a", OUTPUTS, OPTION)


def test_stream_selects_until_it_selects_again() -> None:
    steps = Steps(BY_STREAM)
    assert steps.add("a", 0, 0) == []
    assert steps.add("select", 1, 1) == []  # there was nothing chosen at 0
    assert steps.add("a", 1, 1) == [("y", 1, 1)]
    assert steps.add("a", None, 2) == []
    assert steps.set_bound("select", 3) == [("y", None, 2)]
    assert steps.bounds == {"x": 3, "y": 3}
    steps.add("a", 3, 3)
    assert steps.add("select", 0, 3) == [("x", 3, 3)]
    assert steps.close() == []


def test_packets_keep_their_timestamps_whatever_they_are_joined_with() -> None:
    barrier = 'input_stream_handler { input_stream_handler: "BarrierInputStreamHandler" }'
    steps = Steps(interface("a select", "x y") + node("DemuxCalculator", "INPUT:a SELECT:select", OUTPUTS, barrier))
    assert steps.add("select", 1, 3) + steps.add("a", "v", 7) == [("y", "v", 7)]


def test_side_packet_selects() -> None:
    steps = Steps(BY_SIDE_PACKET, side=0)
    assert steps.bounds["y"] == Timestamp.DONE
    assert steps.add("a", "v", 0) == [("x", "v", 0)]


def test_option_selects() -> None:
    assert gf.Graph.from_text(BY_OPTION).run(a="v") == {"x": [], "y": [("v", 0)]}


def test_side_packet_wins_over_the_option() -> None:
    text = interface("a", "x y", "side") + node("DemuxCalculator", "INPUT:a", OUTPUTS, SIDE + OPTION)
    assert gf.Graph.from_text(text).run(a="v", side_packets={"side": 0}) == {"x": [("v", 0)], "y": []}


@pytest.mark.parametrize(
    ("select", "expected"),
    [([], [("y", "v", 5)]), ([(0, 5)], [("x", "v", 5)]), ([(0, 6)], [("y", "v", 5)]), ([(0, 4)], [("x", "v", 5)])],
)
def test_side_packet_selects_until_the_stream_does(select: list[tuple[int, int]], expected: list[Event]) -> None:
    text = interface("a select", "x y", "side") + node("DemuxCalculator", "INPUT:a SELECT:select", OUTPUTS, SIDE)
    steps = Steps(text, side=1)
    for value, timestamp in select:
        steps.add("select", value, timestamp)
    assert steps.add("a", "v", 5) + steps.close() == expected


def test_demux_and_merge_keep_the_order() -> None:
    steps = Steps(
        interface("a select", "out")
        + node("DemuxCalculator", "INPUT:a SELECT:select", OUTPUTS)
        + node("PassThroughCalculator", "x", "z")
        + node("MergeCalculator", "z y", "out")
    )
    for timestamp, value in enumerate("abcd"):
        steps.add("a", value, timestamp)
        assert steps.add("select", timestamp % 2, timestamp) == [("out", value, timestamp)]


def test_select_out_of_range() -> None:
    message = "SELECT is 2, but the OUTPUT streams are numbered 0 to 1"
    with pytest.raises(gf.CalculatorError, match=f"process failed at timestamp 0: ValueError: {message}"):
        gf.Graph.from_text(BY_STREAM).run(a="v", select=2)
    with pytest.raises(gf.CalculatorError, match=f"open failed: ValueError: {message}"):
        gf.Graph.from_text(BY_SIDE_PACKET).run(a="v", side_packets={"side": 2})


def test_select_is_needed() -> None:
    expected = "needs SELECT, as an input stream or as an input side packet, or the option select"
    assert expected in problems(interface("a", "") + node("DemuxCalculator", "INPUT:a", OUTPUTS))
