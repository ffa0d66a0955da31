"""MediaPipe's own tests of summary packets, translated: calculator_graph_summary_packet_test.cc."""

from __future__ import annotations

from contextlib import suppress

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.runs import finish, idle, start
from tests.framework.waiting import SECONDS


@gf.register
class SummaryPacketCalculator(gf.Calculator):
    """Sends the sum of all it got at MAX, once no packet can come, and closes its output."""

    timestamp_offset = None
    input_policy = gf.input_policy.Immediate()
    process_timestamp_bounds = True
    value = gf.Input("IN", int)
    summary = gf.Output("SUMMARY", int)

    def open(self, cc: gf.Context) -> None:
        self.values: list[int] = []

    def process(self, cc: gf.Context) -> None:
        if cc.has(self.value):
            self.values.append(cc[self.value])
        is_last = cc.timestamp in (Timestamp.MAX, Timestamp.PRE_STREAM, Timestamp.POST_STREAM)
        if not cc.is_closed(self.summary) and (is_last or cc.bound(self.value) >= Timestamp.ONE_OVER_POST_STREAM):
            if self.values:
                cc.send(self.summary, sum(self.values), Timestamp.MAX)
            cc.close(self.summary)


@gf.register
class TwoIntsSource(gf.Calculator):
    out = gf.Output("INT", int)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.out, 20, 0)
        cc.send(self.out, 10, 1000)
        cc.stop()


@gf.register
class EmitOnCloseCalculator(gf.Calculator):
    timestamp_offset = None
    given = gf.Input("IN", int)
    out = gf.Output("INT", int)

    def process(self, cc: gf.Context) -> None:
        pass

    def close(self, cc: gf.Context) -> None:
        cc.send(self.out, 20, 0)
        cc.send(self.out, 10, 1000)


@gf.register
class FailableCalculator(gf.Calculator):
    """Fails in the method that its option names."""

    given = gf.Input("IN", int)
    out = gf.Output("INT", int)
    method = gf.SideInput("METHOD", str)

    def process(self, cc: gf.Context) -> None:
        self._fail(cc, "process")

    def close(self, cc: gf.Context) -> None:
        self._fail(cc, "close")

    def _fail(self, cc: gf.Context, method: str) -> None:
        if cc[self.method] == method:
            raise RuntimeError("it is broken")


SUMMARY = 'node { calculator: "SummaryPacketCalculator" input_stream: "IN:%s" output_stream: "SUMMARY:output" }'
ALONE = 'input_stream: "input" output_stream: "output"' + SUMMARY % "input"
AFTER = """
    input_stream: "input" output_stream: "output" input_side_packet: "method"
    node { calculator: "%s" input_stream: "IN:input" output_stream: "INT:ints" %s }
""" + (SUMMARY % "ints").replace("%", "%%")


def test_produces_summary_packet_on_closing_all_sources() -> None:
    run, seen = start(ALONE)
    for value, timestamp in ((10, 10), (20, 11)):
        run.add("input", value, timestamp)
        idle(run)
        assert seen["output"] == []
    finish(run)
    assert seen["output"] == [(30, Timestamp.MAX)]


@pytest.mark.parametrize(
    ("before", "last", "total"),
    [([10], Timestamp.MAX, 30), ([], Timestamp.PRE_STREAM, 20), ([], Timestamp.POST_STREAM, 20)],
)
def test_produces_summary_packet_on_special_timestamp(before: list[int], last: int, total: int) -> None:
    """ProducesSummaryPacketOnMaxTimestamp, OnPreStreamTimestamp and OnPostStreamTimestamp."""
    run, seen = start(ALONE)
    for value in before:
        run.add("input", value, value)
    run.add("input", 20, last)
    idle(run)
    assert seen["output"] == [(total, Timestamp.MAX)]
    finish(run)
    assert len(seen["output"]) == 1


def test_produces_summary_packet_on_source_completion() -> None:
    source = 'output_stream: "output" node { calculator: "TwoIntsSource" output_stream: "INT:ints" }'
    run, seen = start(source + SUMMARY % "ints")
    run.wait_until_done(SECONDS)
    assert seen["output"] == [(30, Timestamp.MAX)]


def test_produces_summary_packet_on_another_calculators_closure() -> None:
    run, seen = start(AFTER % ("EmitOnCloseCalculator", ""))
    run.close_input("input")
    idle(run)
    assert seen["output"] == [(30, Timestamp.MAX)]
    finish(run)
    assert len(seen["output"]) == 1


@pytest.mark.parametrize("method", ["process", "close"])
def test_does_not_produce_summary_packet_when_upstream_calculator_fails(method: str) -> None:
    """DoesNotProduceSummaryPacketWhenUpstreamCalculatorFailsInProcess and InClose."""
    run, seen = start(AFTER % ("FailableCalculator", 'input_side_packet: "METHOD:method"'), {"method": method})
    with suppress(gf.GraphError):
        run.add("input", 1, 1)
    run.close_input("input")
    with pytest.raises(gf.CalculatorError, match="it is broken"):
        run.wait_until_done(SECONDS)
    assert seen["output"] == []
