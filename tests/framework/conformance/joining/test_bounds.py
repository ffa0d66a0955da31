"""Timestamp bounds: after calculator_graph_bounds_test.cc and output_stream_manager_test.cc."""

from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.runs import finish, idle, start
from tests.framework.toys import Call

FILTERED = """
    input_stream: "in" output_stream: "joined"
    node { calculator: "%s" input_stream: "in" output_stream: "even" }
    node { calculator: "JoinCalculator" input_stream: "in" input_stream: "even" output_stream: "joined" }
"""
TWO = 'input_stream: "a" input_stream: "b" output_stream: "joined"'
JOIN = 'node { calculator: "JoinCalculator" input_stream: "%s" input_stream: "%s" output_stream: "joined" }'
LAMBDA = """
    input_side_packet: "process"
    node { calculator: "Call" %s output_stream: "out" input_side_packet: "PROCESS:process" }
"""


def test_offset_settles_what_was_not_sent() -> None:
    """CalculatorGraphBoundsTest.OffsetBoundPropagation: a filter with an offset delays no node."""
    run, seen = start(FILTERED % "EvenIntFilterCalculator")
    for number in range(1, 5):
        run.add("in", number, number)
        idle(run)
        assert len(seen["joined"]) == number
    finish(run)
    assert seen["joined"] == [((1, None), 1), ((2, 2), 2), ((3, None), 3), ((4, 4), 4)]


def test_without_offset_and_output_joins_wait() -> None:
    """CalculatorGraphBoundsTest: nothing is announced by a node that promises nothing, until it sends or closes."""
    run, seen = start(FILTERED % "SilentFilterCalculator")
    run.add("in", 1, 1)
    idle(run)
    assert seen["joined"] == []
    run.add("in", 2, 2)
    idle(run)
    assert seen["joined"] == [((1, None), 1), ((2, 2), 2)]
    run.add("in", 3, 3)
    idle(run)
    assert len(seen["joined"]) == 2
    finish(run)
    assert seen["joined"][2:] == [((3, None), 3)]


def test_bounds_go_through_idle_nodes() -> None:
    """CalculatorGraphBoundsTest.BoundWithoutInputPackets: process is not called, though the bound arrives at the other
    end."""
    log: list[str] = []
    run, seen = start(
        TWO
        + """
        input_side_packet: "log"
        node { name: "x" calculator: "LogCalculator" input_stream: "b" output_stream: "c" input_side_packet: "LOG:log" }
        node { name: "y" calculator: "LogCalculator" input_stream: "c" output_stream: "d" input_side_packet: "LOG:log" }
        """
        + JOIN % ("a", "d"),
        {"log": log},
    )
    run.add("a", 1, 10)
    idle(run)
    assert seen["joined"] == []
    run.set_bound("b", 11)
    idle(run)
    assert seen["joined"] == [((1, None), 10)]
    assert log == ["x open", "y open"]
    finish(run)


def test_bound_of_the_application_is_exclusive() -> None:
    """CalculatorGraphBoundsTest.SetInputStreamTimestampBound: what is at the bound may still come."""
    run, seen = start(TWO + JOIN % ("a", "b"))
    run.add("a", 1, 10)
    run.set_bound("b", 10)
    idle(run)
    assert seen["joined"] == []
    run.add("b", 2, 10)
    finish(run)
    assert seen["joined"] == [((1, 2), 10)]


def test_packet_before_the_bound_of_the_application() -> None:
    """CalculatorGraphBoundsTest: a promise that is broken fails the run."""
    run, _ = start(TWO + JOIN % ("a", "b"))
    run.set_bound("b", 10)
    with pytest.raises(gf.GraphError, match="now takes timestamp 10 or later"):
        run.add("b", 1, 9)


def test_offset_shifts_bounds() -> None:
    """OutputStreamManagerTest.ComputeOutputTimestampBoundWithOffset: input + 3."""
    run, seen = start(
        TWO + 'node { calculator: "FuturePacketCalculator" input_stream: "b" output_stream: "c" }' + JOIN % ("a", "c")
    )
    for timestamp in (12, 13, 14):
        run.add("a", timestamp, timestamp)
    run.set_bound("b", 10)
    idle(run)
    assert seen["joined"] == [((12, None), 12)]
    run.add("b", "b10", 10)
    idle(run)
    assert seen["joined"][1:] == [((13, "b10"), 13)]
    run.set_bound("b", 12)
    idle(run)
    assert seen["joined"][2:] == [((14, None), 14)]
    finish(run)


def test_next_timestamp_bound_of_a_calculator() -> None:
    """CalculatorGraph.SetNextTimestampBoundPropagation."""

    def process(cc: gf.Context) -> None:
        bound: Any = cc[Call.inputs]
        cc.set_next_timestamp_bound(Call.outputs, bound)

    run, seen = start(
        TWO + LAMBDA % 'input_stream: "b"' + JOIN % ("a", "out"),
        {"process": process},
    )
    for timestamp in range(10, 40, 10):
        run.add("a", timestamp, timestamp)
    idle(run)
    assert seen["joined"] == []
    run.add("b", 21, 0)
    idle(run)
    assert seen["joined"] == [((10, None), 10), ((20, None), 20)]
    run.add("b", 31, 1)
    idle(run)
    assert seen["joined"][2:] == [((30, None), 30)]
    finish(run)


def test_lower_next_timestamp_bound_changes_nothing() -> None:
    """OutputStreamManagerTest.SetNextTimestampBoundReverseTimestamps; in MediaPipe a decreasing bound is an error."""
    bounds = iter([20, 5])
    run, seen = start(
        TWO + LAMBDA % 'input_stream: "b"' + JOIN % ("a", "out"),
        {"process": lambda cc: cc.set_next_timestamp_bound(Call.outputs, next(bounds))},
    )
    run.add("a", 10, 10)
    run.add("b", 1, 1)
    run.add("b", 1, 2)
    finish(run)
    assert seen["joined"] == [((10, None), 10)]


def test_larger_of_offset_and_bound_counts() -> None:
    """CalculatorGraphBoundsTest.OffsetAndBound: the output bound is the greatest of offset, explicit bound and last
    packet."""

    def open_(cc: gf.Context) -> None:
        cc.set_offset(5)

    def process(cc: gf.Context) -> None:
        cc.set_next_timestamp_bound(Call.outputs, 12)

    moved: list[int] = []
    graph = gf.Graph.from_text("""
        input_stream: "b" output_stream: "out" input_side_packet: "process" input_side_packet: "open"
        node { calculator: "Call" input_stream: "b" output_stream: "out"
               input_side_packet: "PROCESS:process" input_side_packet: "OPEN:open" }
    """)
    run = graph.start_run({"process": process, "open": open_}, bound_observers={"out": moved.append})
    run.add("b", 1, 1)
    idle(run)
    assert moved[-1] == 12
    run.add("b", 1, 10)
    idle(run)
    assert moved[-1] == 16
    finish(run)


def test_output_closed_by_the_calculator() -> None:
    """OutputStreamManager::Close: a closed output is settled forever."""
    run, seen = start(
        TWO + LAMBDA % 'input_stream: "b"' + JOIN % ("a", "out"),
        {"process": lambda cc: cc.close(Call.outputs)},
    )
    run.add("b", 1, 1)
    run.add("a", 1, 1000)
    idle(run)
    assert seen["joined"] == [((1, None), 1000)]
    finish(run)


def test_process_timestamp_bounds() -> None:
    """CalculatorGraphBoundsTest.ProcessTimestampBounds_Default: process is called for timestamps that are settled
    without a packet."""
    run, seen = start("""
        input_stream: "a" output_stream: "bounds"
        node { calculator: "BoundToPacketCalculator" input_stream: "a" output_stream: "bounds" }
    """)
    run.add("a", 1, 10)
    run.set_bound("a", 21)
    idle(run)
    assert [packet.timestamp for packet in seen["bounds"]] == [10, 20]
    assert seen["bounds"][1].value == ["21"]
    finish(run)


def test_process_timestamp_bounds_of_a_join() -> None:
    """CalculatorGraphBoundsTest.ProcessTimestampBounds_Default with two streams: the least bound counts."""
    run, seen = start("""
        input_stream: "a" input_stream: "b" output_stream: "bounds"
        node { calculator: "BoundToPacketCalculator" input_stream: "a" input_stream: "b" output_stream: "bounds" }
    """)
    run.set_bound("a", 50)
    idle(run)
    assert seen["bounds"] == []
    run.set_bound("b", 30)
    idle(run)
    assert [packet.timestamp for packet in seen["bounds"]] == [29]
    assert seen["bounds"][0].value == ["50", "30"]
    run.set_bound("b", 100)
    idle(run)
    assert [packet.timestamp for packet in seen["bounds"]] == [29, 49]
    finish(run)


def test_process_timestamp_bounds_of_a_filter() -> None:
    """CalculatorGraphBoundsTest.EmptyPacketOutput: each settled timestamp of a filter arrives once."""
    run, seen = start("""
        input_stream: "a" output_stream: "bounds"
        node { calculator: "EvenIntFilterCalculator" input_stream: "a" output_stream: "even" }
        node { calculator: "BoundToPacketCalculator" input_stream: "even" output_stream: "bounds" }
    """)
    for number in range(4):
        run.add("a", number, number)
        idle(run)
    finish(run)
    assert [packet.timestamp for packet in seen["bounds"]][:4] == [0, 1, 2, 3]


def test_bounds_are_not_processed_unless_asked_for() -> None:
    """CalculatorGraphBoundsTest: without SetProcessTimestampBounds no call without packets."""
    calls: list[int] = []
    run, _ = start(
        'input_stream: "b"' + LAMBDA % 'input_stream: "b"', {"process": lambda cc: calls.append(cc.timestamp)}
    )
    run.set_bound("b", 5)
    run.add("b", 1, 7)
    run.set_bound("b", 9)
    finish(run)
    assert calls == [7]


def test_observed_bounds() -> None:
    """CalculatorGraph.ObserveOutputStream with observe_timestamp_bounds: here a callback of its own."""
    graph = gf.Graph.from_text("""
        input_stream: "a" output_stream: "even"
        node { calculator: "EvenIntFilterCalculator" input_stream: "a" output_stream: "even" }
    """)
    seen: list[Any] = []
    run = graph.start_run(observers={"even": seen.append}, bound_observers={"even": seen.append})
    for number in range(4):
        run.add("a", number, number)
    run.set_bound("a", 10)
    finish(run)
    packets = [entry for entry in seen if isinstance(entry, gf.Packet)]
    bounds = [entry for entry in seen if not isinstance(entry, gf.Packet)]
    assert packets == [(0, 0), (2, 2)]
    assert bounds == [2, 4, 10, Timestamp.DONE]


def test_bounds_of_several_in_flight_come_in_order() -> None:
    """InOrderOutputStreamHandler: a bound does not overtake results."""
    run, seen = start(
        TWO
        + """
        node { calculator: "EvenIntFilterCalculator" input_stream: "b" output_stream: "even" max_in_flight: 3 }
        """
        + JOIN % ("a", "even")
        + "num_threads: 3"
    )
    for number in range(30):
        run.add("a", number, number)
        run.add("b", number, number)
    finish(run)
    assert seen["joined"] == [((number, None if number % 2 else number), number) for number in range(30)]


def test_bounds_go_round_a_loop() -> None:
    """CalculatorGraph.PropagateBoundLoop: a back edge with a start-up packet and an offset of 1 keeps going."""

    def open_(cc: gf.Context) -> None:
        cc.send(Call.outputs, 0, 0)
        cc.set_offset(1)

    def process(cc: gf.Context) -> None:
        value = cc.values(Call.inputs)[0]
        cc.send(Call.outputs, value, cc.timestamp + 1)

    run, seen = start(
        """
        input_stream: "a" output_stream: "sum" input_side_packet: "open" input_side_packet: "process"
        node {
          calculator: "Sum" input_stream: "a" input_stream: "old" output_stream: "sum"
          input_stream_info { tag_index: ":1" back_edge: true }
          input_stream_handler { input_stream_handler: "EarlyCloseInputStreamHandler" }
        }
        node { calculator: "Call" input_stream: "sum" output_stream: "old"
               input_side_packet: "OPEN:open" input_side_packet: "PROCESS:process" }
        """,
        {"open": open_, "process": process},
    )
    for timestamp in range(5):
        run.add("a", 1, timestamp)
        idle(run)
    finish(run)
    assert seen["sum"] == [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)]
