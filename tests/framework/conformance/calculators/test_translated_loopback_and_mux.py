"""MediaPipe's tests of PreviousLoopbackCalculator and MuxCalculator, translated."""

from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.runs import finish, idle, start
from tests.framework.toys import Call

LOOPBACK = """
    node { calculator: "PreviousLoopbackCalculator" input_stream: "MAIN:%s" input_stream: "LOOP:%s"
           input_stream_info { tag_index: "LOOP" back_edge: true } output_stream: "PREV_LOOP:previous" }
"""

OUT_AND_PREVIOUS = """
    node { calculator: "PassThroughCalculator" input_stream: "in" input_stream: "previous"
           output_stream: "out" output_stream: "previous2" }
"""


@gf.register
class PacketOnCloseCalculator(gf.Calculator):
    """Passes on what it gets, and sends the sum in the end, at the last timestamp of all."""

    value = gf.Input("", int)
    same = gf.Output("", int)

    def open(self, cc: gf.Context) -> None:
        self.sum = 0

    def process(self, cc: gf.Context) -> None:
        self.sum += cc[self.value]
        cc.send(self.same, cc[self.value])

    def close(self, cc: gf.Context) -> None:
        cc.send(self.same, self.sum, Timestamp.MAX)


@pytest.mark.parametrize("loop", ["out", "previous"], ids=["ClosesCorrectly", "EmptyLoopForever"])
def test_previous_loopback_closes(loop: str) -> None:
    """PreviousLoopbackCalculator.ClosesCorrectly, EmptyLoopForever: its own output may be the loop, which is empty."""
    run, seen = start(
        'input_stream: "in" output_stream: "close_out"'
        + LOOPBACK % ("in", loop)
        + OUT_AND_PREVIOUS
        + 'node { calculator: "PacketOnCloseCalculator" input_stream: "out" output_stream: "close_out" }'
    )
    for timestamp in (1, 2, 5, 15):
        run.add("in", timestamp, timestamp)
        idle(run)
        assert seen["close_out"][-1] == (timestamp, timestamp)
    run.close_inputs()
    idle(run)
    assert seen["close_out"][4:] == [(23, Timestamp.MAX)]
    run.wait_until_done(30)


@pytest.mark.parametrize(
    ("timestamps", "expected"),
    [
        ([Timestamp.MAX], [((0, None), Timestamp.MAX)]),
        ([Timestamp.MIN, Timestamp.MAX], [((0, None), Timestamp.MIN), ((1, 0), Timestamp.MAX)]),
    ],
    ids=["ProcessesMaxTimestamp", "ProcessesMaxTimestampNonEmptyPrevious"],
)
def test_previous_loopback_at_the_last_timestamp(timestamps: list[int], expected: list[Any]) -> None:
    """PreviousLoopbackCalculator.ProcessesMaxTimestamp, ProcessesMaxTimestampNonEmptyPrevious."""
    run, seen = start(
        'input_stream: "in" output_stream: "pair"'
        + LOOPBACK % ("in", "out")
        + OUT_AND_PREVIOUS
        + 'node { calculator: "JoinCalculator" input_stream: "out" input_stream: "previous" output_stream: "pair" }'
    )
    for value, timestamp in enumerate(timestamps):
        run.add("in", value, timestamp)
    idle(run)
    assert seen["pair"] == expected
    finish(run)


FORCED_EMPTY = (
    """
    input_stream: "in" input_stream: "no_main" input_stream: "no_loop" output_stream: "pair"
    node { calculator: "GateCalculator" input_stream: "in" input_stream: "DISALLOW:no_main" output_stream: "main" }
    node { calculator: "GateCalculator" input_stream: "in" input_stream: "DISALLOW:no_loop" output_stream: "loop" }
    """
    + LOOPBACK % ("main", "loop")
    + OUT_AND_PREVIOUS
    + 'node { calculator: "JoinCalculator" input_stream: "out" input_stream: "previous2" output_stream: "pair" }'
)
"""A loopback of which MAIN and LOOP can be left empty, as bounds."""


@pytest.mark.parametrize(
    ("no_main", "no_loop", "previous"),
    [
        ("11111", "00000", [None, None, None, None, None]),
        ("00000", "11111", [None, None, None, None, None]),
        ("01001", "00000", [None, None, 1, 3, None]),
        ("00000", "01010", [None, 1, None, 3, None]),
    ],
    ids=[
        "MultiplePacketsEmptyMainNonEmptyLoop",
        "MultiplePacketsNonEmptyMainEmptyLoop",
        "MultiplePacketsAlteringMainNonEmptyLoop",
        "MultiplePacketsNonEmptyMainAlteringLoop",
    ],
)
def test_previous_loopback_of_bounds(no_main: str, no_loop: str, previous: list[int | None]) -> None:
    """PreviousLoopbackCalculatorProcessingTimestampsTest."""
    run, seen = start(FORCED_EMPTY)
    for place, timestamp in enumerate((1, 2, 3, 5, 15)):
        run.add("in", timestamp, timestamp)
        run.add("no_main", no_main[place] == "1", timestamp)
        run.add("no_loop", no_loop[place] == "1", timestamp)
        idle(run)
        assert seen["pair"][place:] == [((timestamp, previous[place]), timestamp)]
    finish(run)


def test_previous_loopback_of_many_bounds() -> None:
    """PreviousLoopbackCalculatorProcessingTimestampsTest, CheckIfLastCorrectAlteringMainAlteringLoop."""
    run, seen = start(FORCED_EMPTY)
    for timestamp in range(1, 1003):
        late = timestamp > 1000
        run.add("in", timestamp, timestamp)
        run.add("no_main", not late and timestamp % 3 == 1, timestamp)
        run.add("no_loop", not late and timestamp % 2 == 1, timestamp)
    idle(run)
    assert seen["pair"][-1] == ((1002, 1001), 1002)
    finish(run)


@pytest.mark.parametrize(
    ("delayed", "counts", "previous"),
    [
        ("11100", [1, 1, 1, 4, 5], [None, None, None, None, 5]),
        ("01100", [1, 2, 2, 4, 5], [None, 1, None, None, 5]),
    ],
    ids=["MultipleDelayedOutputs", "NonDelayedOutputFollowedByMultipleDelayedOutputs"],
)
def test_previous_loopback_with_a_late_loop(delayed: str, counts: list[int], previous: list[int | None]) -> None:
    """PreviousLoopbackCalculatorDelayBehaviorTest: LOOP has neither packets nor bounds for a while."""

    def drop(cc: gf.Context) -> None:
        value, disallowed = cc.values(Call.inputs)
        if not disallowed:
            cc.send(Call.outputs, value)

    run, seen = start(
        """
        input_stream: "in" input_stream: "delayed" output_stream: "pair"
        input_side_packet: "drop" input_side_packet: "open"
        node { calculator: "Call" input_stream: "in" input_stream: "delayed" output_stream: "loop"
               input_side_packet: "PROCESS:drop" input_side_packet: "OPEN:open" }
        """
        + LOOPBACK % ("in", "loop")
        + OUT_AND_PREVIOUS
        + 'node { calculator: "JoinCalculator" input_stream: "out" input_stream: "previous2" output_stream: "pair" }',
        {"drop": drop, "open": lambda cc: cc.set_offset(None)},
    )
    timestamps = (1, 2, 3, 5, 15)
    expected = [((timestamp, old), timestamp) for timestamp, old in zip(timestamps, previous, strict=True)]
    for timestamp, is_delayed, count in zip(timestamps, delayed, counts, strict=True):
        run.add("in", timestamp, timestamp)
        run.add("delayed", is_delayed == "1", timestamp)
        idle(run)
        assert seen["pair"] == expected[:count]
    finish(run)


MUX = """
    input_stream: "select" input_stream: "value_0" input_stream: "value_1" output_stream: "output"
    node { calculator: "MuxCalculator" input_stream: "SELECT:select" input_stream: "INPUT:0:value_0"
           input_stream: "INPUT:1:value_1" output_stream: "OUTPUT:output" %s }
"""


@pytest.mark.parametrize(
    "handler",
    ["", 'input_stream_handler { input_stream_handler: "DefaultInputStreamHandler" }'],
    ids=["Mux", "Default"],
)
def test_mux_closes_gracefully(handler: str) -> None:
    """MuxCalculatorTest.HandlesCloseGracefully: an unselected data packet. With the Default policy MediaPipe's
    calculator dies; here nothing is sent."""
    run, seen = start(MUX % handler)
    run.add("value_0", 0, 1000)
    idle(run)
    finish(run)
    assert seen["output"] == []


def test_mux_handles_bounds() -> None:
    """MuxCalculatorTest.HandleTimestampBoundUpdates: the selected stream settles without a packet."""
    run, seen = start(
        """
        input_stream: "select" output_stream: "output" input_side_packet: "nothing"
        node { calculator: "Call" input_stream: "select" output_stream: "bounds"
               input_side_packet: "PROCESS:nothing" }
        node { calculator: "MuxCalculator" input_stream: "INPUT:0:select" input_stream: "INPUT:1:bounds"
               input_stream: "SELECT:select" output_stream: "OUTPUT:chosen" }
        node { calculator: "JoinCalculator" input_stream: "select" input_stream: "chosen" output_stream: "output" }
        """,
        {"nothing": lambda cc: None},
    )
    for timestamp, select in enumerate((0, 1, 0), 1):
        run.add("select", select, timestamp)
        idle(run)
        assert seen["output"][-1] == ((select, None if select else 0), timestamp)
    finish(run)
