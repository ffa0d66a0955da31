"""An application around a run: idle, done, errors, observers, pollers; after calculator_graph_event_loop_test.cc
and calculator_graph_test.cc."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.runs import failure, finish, idle, start
from tests.framework.toys import Call
from tests.framework.waiting import Semaphore

PASS = """
    input_stream: "a" output_stream: "b" input_side_packet: "process"
    node { name: "n" calculator: "Call" input_stream: "a" output_stream: "b"
           input_side_packet: "PROCESS:process" }
"""
RANGE = """
    output_stream: "number" input_side_packet: "count"
    node { calculator: "RangeCalculator" output_stream: "number" input_side_packet: "N:count" }
"""
EXECUTORS = pytest.mark.parametrize("executor", ["", "num_threads: 2"], ids=["inline", "threads"])


def forward(cc: gf.Context) -> None:
    cc.send(Call.outputs, cc.values(Call.inputs)[0])


def fail(cc: gf.Context) -> None:
    raise ValueError("it is broken")


FORWARD: dict[str, Any] = {"process": forward}
FAIL: dict[str, Any] = {"process": fail}


@EXECUTORS
def test_well_provisioned(executor: str) -> None:
    """CalculatorGraphEventLoopTest.WellProvisionedEventLoop: all packets go through."""
    run, seen = start(PASS + executor, FORWARD)
    for timestamp in range(100):
        run.add("a", timestamp, timestamp)
    finish(run)
    assert seen["b"] == [(timestamp, timestamp) for timestamp in range(100)]


@EXECUTORS
def test_step_by_step(executor: str) -> None:
    """CalculatorGraphEventLoopTest.StepByStepSchedulerLoop: after wait_until_idle all that can come has come."""
    run, seen = start(PASS + executor, FORWARD)
    for timestamp in range(20):
        run.add("a", timestamp, timestamp)
        idle(run)
        assert seen["b"][-1] == (timestamp, timestamp)
    finish(run)


@EXECUTORS
def test_failing(executor: str) -> None:
    """CalculatorGraphEventLoopTest.FailingEventLoop: every later call raises the error; errors are not cleared."""
    run, _ = start(PASS + executor, FAIL)
    assert isinstance(failure(run, "a"), gf.CalculatorError)
    calls: list[Callable[[], None]] = [
        lambda: run.add("a", 1, 1),
        lambda: idle(run),
        lambda: run.wait_until_done(30),
        lambda: idle(run),
    ]
    for call in calls:
        with pytest.raises(gf.CalculatorError, match="it is broken"):
            call()
    assert run.done


@EXECUTORS
def test_error_callback(executor: str) -> None:
    """CalculatorGraphAsyncErrorsTest.ErrorCallbackReceivesProcessErrors: called once, with the error, before the run
    has ended."""
    errors: list[gf.GraphError] = []
    run, _ = start(PASS + executor, FAIL)
    run.add_error_callback(errors.append)
    assert errors == [failure(run, "a")]


def test_error_callback_that_comes_late() -> None:
    """Called at once if the run has failed; not at all if it ends well."""
    errors: list[gf.GraphError] = []
    run, _ = start(PASS, FORWARD)
    run.add_error_callback(errors.append)
    finish(run)
    assert errors == []
    run, _ = start(PASS, FAIL)
    run.cancel("enough")
    run.add_error_callback(errors.append)
    assert [str(error) for error in errors] == ["enough"]


def test_waiting_for_the_end_with_open_inputs() -> None:
    """CalculatorGraph::WaitUntilDone hangs then; here the error of the timeout explains the run."""
    run, _ = start(PASS, FORWARD)
    run.add("a", 1, 5)
    with pytest.raises(TimeoutError, match=r'node "n".*waits for input(?s:.*)input stream "a" is open'):
        run.wait_until_done(0.01)
    finish(run)


def test_idle_with_nothing_to_do() -> None:
    """CalculatorGraph::WaitUntilIdle returns at once, any number of times."""
    run, _ = start(PASS, FORWARD)
    for _ in range(3):
        idle(run)
    finish(run)
    idle(run)


def test_idle_with_a_source() -> None:
    """CalculatorGraph::WaitUntilIdle: with sources, when they have ended or are throttled."""
    run, seen = start(RANGE + 'input_stream: "open"', {"count": 10})
    idle(run)
    assert len(seen["number"]) == 10
    assert not run.done
    finish(run)


def test_done_callback() -> None:
    """WaitUntilDone's twin without a thread that waits."""
    done = threading.Event()
    run, _ = start(PASS + "num_threads: 1", FORWARD)
    run.add_done_callback(lambda _: done.set())
    run.add("a", 1)
    run.close_inputs()
    assert done.wait(30)
    assert run.done


def test_unknown_input_stream() -> None:
    """CalculatorGraph::AddPacketToInputStream: NOT_FOUND; MediaPipe's Python binding crashes."""
    run, _ = start(PASS, FORWARD)
    calls: list[Callable[[], None]] = [
        lambda: run.add("aa", 1),
        lambda: run.close_input("aa"),
        lambda: run.set_bound("aa", 1),
    ]
    for call in calls:
        with pytest.raises(gf.GraphError, match=r'no input stream "aa" \(did you mean "a"'):
            call()
    finish(run)


class TestObservers:
    """ObserveOutputStream."""

    @EXECUTORS
    def test_all_packets_in_order(self, executor: str) -> None:
        """CalculatorGraph.ObserveOutputStream."""
        run, seen = start(PASS + executor + " max_queue_size: 5", FORWARD)
        for timestamp in range(0, 300, 3):
            run.add("a", -timestamp, timestamp)
        finish(run)
        assert seen["b"] == [(-timestamp, timestamp) for timestamp in range(0, 300, 3)]

    def test_graph_input(self) -> None:
        """CalculatorGraph: a graph's input stream can be its output, too."""
        run, seen = start('input_stream: "a" output_stream: "a"')
        run.add("a", 1)
        finish(run)
        assert seen["a"] == [(1, 0)]

    def test_error(self) -> None:
        """CalculatorGraph.ObserveOutputStreamError: a graph error; a Python exception ends MediaPipe's process."""

        def observe(packet: gf.Packet) -> None:
            raise OSError("no space left")

        run = gf.Graph.from_text(PASS).start_run(FORWARD, {"b": observe})
        assert str(failure(run, "a")) == 'an observer of stream "b" failed at timestamp 0: OSError: no space left'

    def test_error_of_a_bound_observer(self) -> None:
        """CalculatorGraph.ObserveOutputStreamError with observe_timestamp_bounds."""

        def observe(bound: int) -> None:
            raise OSError("no space left")

        run = gf.Graph.from_text(PASS + "num_threads: 1").start_run(FORWARD, bound_observers={"b": observe})
        run.close_inputs()
        with pytest.raises(gf.GraphError, match='observer of stream "b"'):
            run.wait_until_done(30)

    def test_stream_that_is_not_there(self) -> None:
        """CalculatorGraph.ObserveOutputStreamNonexistent: "because it doesn't exist"."""
        with pytest.raises(gf.GraphError, match='no output stream "c"'):
            gf.Graph.from_text(PASS).start_run(FORWARD, {"c": print})

    def test_may_feed_the_graph(self) -> None:
        """CalculatorGraphEventLoopTest: an observer that adds packets and closes inputs."""
        seen: list[int] = []

        def observe(packet: gf.Packet) -> None:
            seen.append(packet.value)
            if packet.value < 5:
                run.add("a", packet.value + 1, packet.timestamp + 1)
            else:
                run.close_inputs()

        run = gf.Graph.from_text(PASS).start_run(FORWARD, {"b": observe})
        run.add("a", 0)
        run.wait_until_done(30)
        assert seen == [0, 1, 2, 3, 4, 5]

    def test_calculator_may_feed_the_graph_though_it_is_throttled(self) -> None:
        """Not in MediaPipe: a thread that works for a run is never blocked by it."""

        def process(cc: gf.Context) -> None:
            forward(cc)
            if cc.timestamp == 0:
                for timestamp in range(1, 10):
                    run.add("a", timestamp, timestamp)

        run, seen = start("max_queue_size: 2" + PASS, {"process": process})
        adder = threading.Thread(target=run.add, args=("a", 0), daemon=True)
        adder.start()
        adder.join(30)
        assert not adder.is_alive()
        finish(run)
        assert len(seen["b"]) == 10

    def test_may_explain(self) -> None:
        """A run explains itself from wherever it is asked."""
        found: list[str] = []
        graph = gf.Graph.from_text(PASS)
        run = graph.start_run(FORWARD, {"b": lambda packet: found.append(run.explain())})
        run.add("a", 1)
        assert len(found) == 1
        finish(run)


class TestPollers:
    """OutputStreamPoller."""

    def test_packets_and_the_end(self) -> None:
        """CalculatorGraph.TestPollPacket: Next() is false once the stream is done."""
        run, _ = start(RANGE, {"count": 5}, pollers=["number"])
        poller = run.pollers["number"]
        for number in range(5):
            assert poller.next(30) == (number, number)
        assert poller.next(30) is None
        assert poller.next(30) is None
        run.wait_until_done(30)

    def test_several_streams(self) -> None:
        """CalculatorGraph.TestPollPacketsFromMultipleStreams."""
        run, _ = start(
            RANGE
            + 'output_stream: "square" node { calculator: "SquareIntCalculator" input_stream: "number" '
            + 'output_stream: "square" }',
            {"count": 200},
            pollers=["number", "square"],
        )
        for number in range(200):
            assert run.pollers["number"].next(30) == (number, number)
            assert run.pollers["square"].next(30) == (number**2, number)
        run.wait_until_done(30)

    def test_queue_size(self) -> None:
        """CalculatorGraph.TestOutputStreamPollerDesiredQueueSize: what is not polled throttles the graph."""
        run, seen = start("max_queue_size: 3" + RANGE, {"count": 100}, pollers=["number"])
        for read in range(10):
            idle(run)
            assert len(seen["number"]) == read + 3
            assert run.pollers["number"].next(30) == (read, read)
        run.cancel()

    def test_end_of_a_failed_run(self) -> None:
        """CalculatorGraph.TestPollPacket: false with an empty queue after an error; here the error is raised."""

        def process(cc: gf.Context) -> None:
            forward(cc)
            if cc.timestamp == 2:
                fail(cc)

        run, _ = start(PASS, {"process": process}, pollers=["b"])
        for timestamp in range(2):
            run.add("a", timestamp, timestamp)
        failure(run, "a", 2, 2)
        poller = run.pollers["b"]
        assert [poller.next(30), poller.next(30)] == [(0, 0), (1, 1)]
        with pytest.raises(gf.CalculatorError, match="it is broken"):
            poller.next(30)

    def test_timestamp_without_a_packet(self) -> None:
        """Blocking forever where nothing was detected is MediaPipe's most common trap; callers ask by timestamp."""
        run, _ = start(
            'input_stream: "a" output_stream: "even" node { calculator: "EvenIntFilterCalculator" input_stream: "a" '
            'output_stream: "even" }',
            pollers=["even"],
        )
        found = []
        for number in range(6):
            run.add("a", number, number)
            found.append(run.pollers["even"].at(number, 30))
        assert found == [(0, 0), None, (2, 2), None, (4, 4), None]
        finish(run)

    def test_timestamp_that_is_far(self) -> None:
        """Poller.at drops what comes before, however much that is."""
        run, _ = start("max_queue_size: 5" + RANGE, {"count": 100}, pollers=["number"])
        assert run.pollers["number"].at(20, 30) == (20, 20)
        run.cancel()

    def test_timeout_says_what_is_missing(self) -> None:
        """Not in MediaPipe."""
        run, _ = start(PASS, FORWARD, pollers=["b"])
        with pytest.raises(TimeoutError, match=r'stream "b" had no packet(?s:.*)node "n".*waits for input'):
            run.pollers["b"].next(0.01)
        finish(run)

    def test_stream_that_is_not_there(self) -> None:
        """CalculatorGraph::AddOutputStreamPoller: NOT_FOUND."""
        with pytest.raises(gf.GraphError, match='no output stream "c"'):
            gf.Graph.from_text(PASS).start_run(FORWARD, pollers=["c"])


def test_throttled_application_does_not_busy_loop() -> None:
    """CalculatorGraph.AddPacketNoBusyLoop: a blocked add costs no processor time; here: it waits on an event."""
    gate = Semaphore()
    run, seen = start("num_threads: 1 max_queue_size: 1" + PASS, {"process": gate})
    run.add("a", 0, 0)
    gate.entered()
    run.add("a", 1, 1)
    adder = threading.Thread(target=run.add, args=("a", 2, 2))
    adder.start()
    for _ in range(3):
        gate.go_on()
    adder.join(30)
    finish(run)
    assert seen["b"] == [(0, 0), (1, 1), (2, 2)]


def test_bounds_of_the_application_through_the_graph() -> None:
    """CalculatorGraph::SetInputStreamTimestampBound up to Done closes the stream."""
    run, _ = start(PASS, FORWARD)
    run.set_bound("a", Timestamp.DONE)
    run.wait_until_done(30)
