"""MediaPipe's own tests of timestamp bounds, translated: calculator_graph_bounds_test.cc."""

from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.runs import finish, idle, start

HANDLER = """
    input_stream_handler { input_stream_handler: "%sInputStreamHandler" %s }
"""

ONE_SET = 'options { [mediapipe.SyncSetInputStreamHandlerOptions.ext] { sync_set { tag_index: ":0" } } }'


FUTURES = """
    input_stream: "input" output_stream: "output"
    node { calculator: "FuturePacketCalculator" input_stream: "input" output_stream: "futures" }
    node { calculator: "OffsetBoundCalculator" input_stream: "futures" output_stream: "bounds" }
"""


def test_offset_bound_propagation() -> None:
    """CalculatorGraphBoundsTest.OffsetBoundPropagation."""
    run, seen = start("""
        input_stream: "input" output_stream: "output" output_stream: "bounds_output"
        node { calculator: "OffsetBoundCalculator" input_stream: "input" output_stream: "bounds" }
        node { calculator: "PassThroughCalculator" input_stream: "bounds" input_stream: "input"
               output_stream: "bounds_output" output_stream: "output" }
    """)
    for timestamp in range(4):
        run.add("input", 1, timestamp)
    idle(run)
    assert len(seen["output"]) == 4
    finish(run)


def test_bound_without_input_packets() -> None:
    """CalculatorGraphBoundsTest.BoundWithoutInputPackets: bounds alone do not call process."""
    run, seen = start(
        FUTURES + 'node { calculator: "PassThroughCalculator" input_stream: "bounds" output_stream: "output" }'
    )
    for timestamp in range(4):
        run.add("input", 1, timestamp)
        idle(run)
    finish(run)
    assert seen["output"] == []


@pytest.mark.parametrize(
    "handler",
    [
        ("Default", ""),
        ("Immediate", ""),
        ("SyncSet", ""),
        ("SyncSet", ONE_SET),
    ],
    ids=["Default", "Immediate", "SyncSet", "SyncSets"],
)
def test_process_timestamp_bounds(handler: tuple[str, str]) -> None:
    """CalculatorGraphBoundsTest.ProcessTimestampBounds_Default, _Immediate, _SyncSet, _SyncSets."""
    node = 'node {{ calculator: "ProcessBoundToPacketCalculator" input_stream: "bounds" output_stream: "output" {} }}'
    run, seen = start(FUTURES + node.format(HANDLER % handler))
    for timestamp in (0, 10, 20, 30):
        run.add("input", 1, timestamp)
        idle(run)
    assert [packet.value for packet in seen["output"]] == [3, 13, 23, 33]
    finish(run)


def test_process_timestamp_bounds_passthrough() -> None:
    """CalculatorGraphBoundsTest.ProcessTimestampBounds_Passthrough: streams that are passed on independently."""
    run, seen = start("""
        input_stream: "input_0" input_stream: "input_1" output_stream: "output_0" output_stream: "output_1"
        node { calculator: "OffsetBoundCalculator" input_stream: "input_1" output_stream: "bound_1" }
        node { calculator: "ImmediatePassthroughCalculator" input_stream: "input_0" input_stream: "bound_1"
               output_stream: "same_0" output_stream: "same_1" }
        node { calculator: "ProcessBoundToPacketCalculator" input_stream: "same_0" input_stream: "same_1"
               output_stream: "output_0" output_stream: "output_1" }
    """)
    for timestamp in (0, 10, 20, 30):
        run.add("input_0", 1, timestamp)
        idle(run)
    assert [packet.value for packet in seen["output_0"]] == [0, 10, 20, 30]
    assert seen["output_1"] == []
    for timestamp in (10, 20):
        run.add("input_1", 1, timestamp)
        idle(run)
    assert len(seen["output_0"]) == 4
    assert [packet.value for packet in seen["output_1"]] == [10, 20]
    finish(run)


def test_post_stream_packet() -> None:
    """CalculatorGraphBoundsTest.PostStreamPacketToSetProcessTimestampBound."""
    run, seen = start("""
        input_stream: "input" output_stream: "output"
        node { calculator: "ProcessBoundToPacketCalculator" input_stream: "input" output_stream: "output" }
    """)
    run.add("input", 0, Timestamp.POST_STREAM)
    idle(run)
    assert [packet.timestamp for packet in seen["output"]] == [Timestamp.POST_STREAM]
    finish(run)


def test_bounds_of_the_application() -> None:
    """CalculatorGraphBoundsTest.SetInputStreamTimestampBound."""
    run, seen = start("""
        input_stream: "input" output_stream: "output"
        node { calculator: "ProcessBoundToPacketCalculator" input_stream: "input" output_stream: "output" }
    """)
    for timestamp in range(10, 100, 10):
        run.set_bound("input", timestamp + 1)
        idle(run)
    assert [packet.timestamp for packet in seen["output"]] == list(range(10, 100, 10))
    finish(run)


def test_max_in_flight_with_occasional_bound() -> None:
    """CalculatorGraphBoundsTest.MaxInFlightWithOccasionalBound: bounds of sets in flight never go back."""
    moved: list[int] = []
    graph = gf.Graph.from_text("""
        input_stream: "input" output_stream: "output" num_threads: 4
        node { calculator: "OccasionalBoundCalculator" input_stream: "input" output_stream: "output" max_in_flight: 5 }
    """)
    run = graph.start_run(bound_observers={"output": moved.append})
    for timestamp in range(10, 100, 10):
        run.add("input", 1, timestamp)
    finish(run)
    assert moved == [21, 41, 61, 81, Timestamp.DONE]


def test_last_packet() -> None:
    """CalculatorGraphBoundsTest.LastPacketCheck."""
    run, seen = start("""
        input_stream: "input" output_stream: "output" output_stream: "last_output"
        node { calculator: "PassThroughCalculator" input_stream: "input" output_stream: "input_2" }
        node { calculator: "LastPacketCalculator" input_stream: "input_2" output_stream: "last_packet" }
        node { calculator: "PassThroughCalculator" input_stream: "input" input_stream: "last_packet"
               output_stream: "output" output_stream: "last_output" }
    """)
    for timestamp in range(4):
        run.add("input", 33, timestamp)
        idle(run)
        assert len(seen["output"]) == timestamp
        assert seen["last_output"] == []
    run.stop()
    idle(run)
    assert len(seen["output"]) == 4
    assert seen["last_output"] == [(33, 3)]
    run.wait_until_done(30)


@pytest.mark.parametrize(("shift", "expected"), [(0, [(7, 7)]), (-1, [(None, 7)])])
def test_next_timestamp_bound_propagation(shift: int, expected: list[tuple[Any, int]]) -> None:
    """CalculatorGraph.SetNextTimestampBoundPropagation: a valve, a shift, and a merge that runs though it is shut."""

    @gf.register
    class TimeShiftCalculator(gf.Calculator):
        value = gf.Input("")
        shifted = gf.Output("")

        def open(self, cc: gf.Context) -> None:
            cc.set_offset(shift)

        def process(self, cc: gf.Context) -> None:
            cc.send(self.shifted, cc[self.value], cc.timestamp + shift)

    run, seen = start("""
        input_stream: "in" input_stream: "gate" output_stream: "merged"
        node { calculator: "GateCalculator" input_stream: "in" input_stream: "ALLOW:gate" output_stream: "gated" }
        node { calculator: "PassThroughCalculator" input_stream: "gated" output_stream: "passed" }
        node { calculator: "TimeShiftCalculator" input_stream: "passed" output_stream: "shifted" }
        node { calculator: "JoinCalculator" input_stream: "in" input_stream: "shifted" output_stream: "merged" }
    """)
    if shift == 0:
        for timestamp, passes in enumerate((True, True, False, False, True, False), 1):
            run.add("in", timestamp, timestamp)
            run.add("gate", passes, timestamp)
            idle(run)
            assert seen["merged"][-1] == ((timestamp, timestamp if passes else None), timestamp)
    run.add("in", 7, 7)
    run.add("gate", True, 7)
    idle(run)
    assert [packet.value for packet in seen["merged"][-1:]] == expected  # at 6, if the offset is honoured
    finish(run)
    if shift:
        assert seen["merged"] == [((None, 7), 6), ((7, None), 7)]


def test_not_all_packets_at_the_bound() -> None:
    """CalculatorGraph.NotAllInputPacketsAtNextTimestampBoundAvailable."""
    run, seen = start("""
        input_stream: "unfiltered" input_stream: "to_be_filtered" output_stream: "out"
        node { calculator: "EvenIntFilterCalculator" input_stream: "to_be_filtered" output_stream: "filtered" }
        node { calculator: "Sum" input_stream: "unfiltered" input_stream: "filtered"
               output_stream: "out" }
    """)
    run.add("unfiltered", 1, 1)
    run.add("to_be_filtered", 2, 1)
    idle(run)
    assert seen["out"] == [(3, 1)]
    run.add("to_be_filtered", 3, 2)
    run.add("unfiltered", 3, 3)
    idle(run)
    assert len(seen["out"]) == 1
    run.add("to_be_filtered", 4, 3)
    idle(run)
    assert seen["out"][1:] == [(7, 3)]
    finish(run)
    assert len(seen["out"]) == 2


def test_propagate_bound_loop() -> None:
    """CalculatorGraph.PropagateBoundLoop: bounds go round a loop; it ends when the source does."""
    run, seen = start("""
        output_stream: "sum"
        node { calculator: "OutputAndBoundSourceCalculator" output_stream: "integers" }
        node { calculator: "Sum" input_stream: "integers" input_stream: "old_sum" output_stream: "sum"
               input_stream_info { tag_index: ":1" back_edge: true }
               input_stream_handler { input_stream_handler: "EarlyCloseInputStreamHandler" } }
        node { calculator: "Delay20Calculator" input_stream: "sum" output_stream: "old_sum" }
    """)
    run.wait_until_done(30)
    assert seen["sum"] == [(number * (number + 1) // 2, 20 * number) for number in range(101)]


def test_infrequent_input() -> None:
    """CalculatorGraphBoundsTest.TimestampBoundsForInfrequentInput: frames pass with the bounds of a rare config."""
    graph = gf.Graph.from_text("""
        input_stream: "config" input_stream: "frame" output_stream: "output_frame" output_stream: "output_config"
        node { calculator: "PassThroughCalculator" input_stream: "CONFIG:config" input_stream: "VIDEO:frame"
               output_stream: "VIDEO:output_frame" output_stream: "CONFIG:output_config" }
    """)
    frames: list[Any] = []
    configs: list[Any] = []
    run = graph.start_run(
        observers={"output_frame": frames.append, "output_config": configs.append},
        bound_observers={"output_frame": frames.append, "output_config": configs.append},
    )
    run.add("frame", "frame_0", 0)
    assert frames == []
    run.set_bound("config", 10_000)
    assert frames == [("frame_0", 0)]
    run.add("frame", "frame_1", 20_000)
    assert frames[1:] == [10_000]
    run.set_bound("config", 30_000)
    assert frames[2:] == [("frame_1", 20_000)]
    run.add("frame", "frame_2", 40_000)
    assert frames[3:] == [30_000]
    run.add("config", "config_1", 50_000)
    assert frames[4:] == [("frame_2", 40_000)]
    run.add("frame", "frame_3", 60_000)
    assert frames[5:] == [50_001]
    run.set_bound("config", 70_000)
    assert frames[6:] == [("frame_3", 60_000)]
    assert configs == [1, 10_000, 20_001, 30_000, 40_001, ("config_1", 50_000), 60_001]
    finish(run)


@gf.register
class BoundOfEmptyCalculator(gf.Calculator):
    """MediaPipe's BoundToPacketCalculator: an empty slot tells its bound, although the node asks for no bounds."""

    given = gf.Input("", multiple=True)
    bounds = gf.Output("", multiple=True)

    def process(self, cc: gf.Context) -> None:
        for index, packet in enumerate(cc.packets(self.given)):
            cc.send(self.bounds, packet.timestamp if packet else cc.bound(self.given, index=index) - 1, index=index)


@pytest.mark.parametrize(
    ("policy", "options"), [("Immediate", ""), ("Default", ""), ("SyncSet", ""), ("SyncSet", ONE_SET)]
)
@pytest.mark.parametrize("executor", ["", "num_threads: 2"])
def test_bounds_for_empty_inputs(policy: str, options: str, executor: str) -> None:
    """CalculatorGraphBoundsTest.BoundsForEmptyInputs_{Immediate,Default,SyncSet,SyncSets}."""
    run, seen = start(
        FUTURES.replace('output_stream: "output"', f'output_stream: "i" output_stream: "b" {executor}', 1)
        + 'node { calculator: "BoundOfEmptyCalculator" input_stream: "input" input_stream: "bounds" '
        + f'output_stream: "i" output_stream: "b" {HANDLER % (policy, options)} }}'
    )
    for timestamp in (0, 10, 20, 30):
        run.add("input", 33, timestamp)
        idle(run)
    assert [packet.value for packet in seen["i"]] == [0, 10, 20, 30]
    settled = [Timestamp.UNSTARTED, 3, 13, 23, 33]
    for index, packet in enumerate(seen["b"]):
        assert settled[index] <= packet.value <= settled[index + 1]
    finish(run)
