"""Open, process, close, stop, cancel: after calculator_graph_test.cc, calculator_node_test.cc and
calculator_graph_stopping_test.cc."""

from __future__ import annotations

import threading
from contextlib import suppress

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.life.lifecycle import (
    BETWEEN,
    EXECUTORS,
    FUNCTIONS,
    LAMBDA,
    ONE,
    error_of,
    fail,
    forward,
    functions,
)
from tests.framework.conformance.runs import failure, finish, idle, start
from tests.framework.toys import Call
from tests.framework.waiting import Semaphore


@EXECUTORS
def test_each_method_in_its_order(executor: str) -> None:
    """CalculatorNodeTest.Open, Process, Close: open once, process for each set, close once."""
    log: list[str] = []
    run, seen = start(BETWEEN + executor, functions(l=log, process=forward))
    idle(run)
    assert sorted(log) == ["first open", "last open"]
    del log[:]
    for timestamp in (4, 7):
        run.add("in", "x", timestamp)
        idle(run)
    finish(run)
    assert log == ["first 4", "last 4", "first 7", "last 7", "first close", "last close"]
    assert seen["out"] == [("x", 4), ("x", 7)]


def test_timestamps_that_a_calculator_sees() -> None:
    """CalculatorContext: Unstarted in Open, the input's in Process, Done in Close."""
    seen: list[int] = []
    note = functions(**dict.fromkeys(("open", "process", "close"), lambda cc: seen.append(cc.timestamp)))
    run, _ = start(ONE, note)
    run.add("a", 1, 42)
    finish(run)
    assert seen == [Timestamp.UNSTARTED, 42, Timestamp.DONE]


def test_source_sees_timestamp_0() -> None:
    """CalculatorContext: InputTimestamp() of a source is 0 in each Process."""
    seen: list[int] = []

    def process(cc: gf.Context) -> None:
        seen.append(cc.timestamp)
        if len(seen) == 3:
            cc.stop()

    run, _ = start(FUNCTIONS + LAMBDA % 'output_stream: "b"', functions(process=process))
    run.wait_until_done(30)
    assert seen == [0, 0, 0]


def test_packet_sent_in_open() -> None:
    """CalculatorGraph.OutputPacketInOpen, EmptyInputInOpen: it arrives, but the next node does not see it in its own
    open."""
    seen_in_open: list[bool] = []
    run, seen = start(
        """
        input_stream: "a" output_stream: "c"
        input_side_packet: "send" input_side_packet: "look" input_side_packet: "forward"
        node { calculator: "Call" input_stream: "a" output_stream: "b" input_side_packet: "OPEN:send" }
        node { calculator: "Call" input_stream: "b" output_stream: "c" input_side_packet: "OPEN:look"
               input_side_packet: "PROCESS:forward" }
        """,
        {
            "send": lambda cc: cc.send(Call.outputs, "early", 0),
            "look": lambda cc: seen_in_open.append(cc.has(Call.inputs)),
            "forward": forward,
        },
    )
    idle(run)
    assert seen["c"] == [("early", 0)]
    assert seen_in_open == [False]
    finish(run)


def test_packet_sent_in_close() -> None:
    """SummaryPacketCalculatorUseCaseTest: it is delivered before the stream closes."""
    run, seen = start(ONE, functions(close=lambda cc: cc.send(Call.outputs, "late", Timestamp.POST_STREAM)))
    run.add("a", 1, 5)
    finish(run)
    assert seen["b"] == [("late", Timestamp.POST_STREAM)]


def test_send_in_open_without_a_timestamp() -> None:
    """CalculatorContext: a packet cannot have Unstarted."""
    run, _ = start(ONE, functions(open=lambda cc: cc.send(Call.outputs, 1)))
    assert "cannot take this timestamp" in str(error_of(run))


@EXECUTORS
def test_failing_open(executor: str) -> None:
    """CalculatorGraphAsyncErrorsTest.ErrorCallbackReceivesOpenErrors: neither process nor close is called; what was
    open closes."""
    log: list[str] = []
    called: list[str] = []
    given = functions(
        l=log, open=fail, process=lambda cc: called.append("process"), close=lambda cc: called.append("close")
    )
    run, _ = start(BETWEEN + executor, given)
    error = error_of(run)
    assert (error.node, error.phase) == ("n", "open")
    assert called == []
    opened = [entry.split()[0] for entry in log if entry.endswith("open")]
    closed = [entry.split()[0] for entry in log if entry.endswith("close")]
    assert sorted(opened) == sorted(closed)


@EXECUTORS
def test_failing_process(executor: str) -> None:
    """CalculatorGraphAsyncErrorsTest.ErrorCallbackReceivesProcessErrors: what the failing call sent is dropped; every
    open node closes once."""
    log: list[str] = []
    closed: list[int] = []

    def process(cc: gf.Context) -> None:
        forward(cc)
        if cc.timestamp == 2:
            fail(cc)

    run, seen = start(BETWEEN + executor, functions(l=log, process=process, close=lambda cc: closed.append(1)))
    idle(run)
    run.add("in", 1, 1)
    idle(run)
    error = failure(run, "in", 2, 2)
    assert isinstance(error, gf.CalculatorError)
    assert (error.node, error.calculator, error.phase, error.timestamp) == ("n", "Call", "process", 2)
    assert seen["out"] == [(1, 1)]
    assert closed == [1]
    assert sorted(entry for entry in log if entry.endswith("close")) == ["first close", "last close"]


def test_failing_close() -> None:
    """Calculator::Close() fails: in the normal course it is an error of the graph."""
    run, _ = start(ONE, functions(close=fail))
    run.close_inputs()
    assert error_of(run).phase == "close"


def test_failing_close_while_cleaning_up() -> None:
    """CalculatorNode::CleanupAfterRun: the first error stays."""
    run, _ = start(ONE, functions(process=fail, close=fail))
    failure(run, "a")
    assert error_of(run).phase == "process"


def test_failing_source() -> None:
    """CalculatorGraph.HandlersRun, a source that fails: what came before is delivered."""
    numbers = iter(range(3))

    def process(cc: gf.Context) -> None:
        number = next(numbers, None)
        if number is None:
            fail(cc)
        cc.send(Call.outputs, number, number or 0)

    run, seen = start('output_stream: "b"' + FUNCTIONS + LAMBDA % 'output_stream: "b"', functions(process=process))
    assert error_of(run).phase == "process"
    assert seen["b"] == [(0, 0), (1, 1), (2, 2)]


def test_queued_packets_are_dropped_by_a_failure() -> None:
    """CalculatorGraph: nothing more is processed once there is an error."""
    gate = Semaphore()
    processed: list[int] = []

    def process(cc: gf.Context) -> None:
        processed.append(cc.timestamp)
        gate(cc)
        fail(cc)

    run, _ = start(ONE + "num_threads: 1", functions(process=process))
    for timestamp in range(5):
        run.add("a", 1, timestamp)
    gate.entered()
    gate.go_on(5)
    error_of(run)
    assert processed == [0]


def test_what_works_ends_before_the_run_does() -> None:
    """CalculatorGraph: running tasks finish, then everything closes."""
    gate = Semaphore()
    order: list[str] = []

    def slow(cc: gf.Context) -> None:
        gate(cc)
        order.append("slow is done")

    run, _ = start(
        """
        input_stream: "a" num_threads: 2 input_side_packet: "slow" input_side_packet: "fail" input_side_packet: "close"
        node { calculator: "Call" input_stream: "a" output_stream: "x"
               input_side_packet: "PROCESS:slow" input_side_packet: "CLOSE:close" }
        node { calculator: "Call" input_stream: "a" output_stream: "y" input_side_packet: "PROCESS:fail" }
        """,
        {"slow": slow, "fail": fail, "close": lambda cc: order.append("close")},
    )
    failed = threading.Event()
    run.add_error_callback(lambda _: failed.set())
    with suppress(gf.GraphError):  # it may have failed already
        run.add("a", 1)
    gate.entered()
    assert failed.wait(30)
    assert not run.done
    gate.go_on()
    error_of(run)
    assert order == ["slow is done", "close"]
