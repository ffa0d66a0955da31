"""How runs stop, are cancelled and end, and what they leave."""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress

import pytest

import graphframe as gf
from tests.framework.conformance.life.lifecycle import (
    BETWEEN,
    EXECUTORS,
    FUNCTIONS,
    LAMBDA,
    ONE,
    fail,
    forward,
    functions,
)
from tests.framework.conformance.runs import Seen, failure, finish, idle, start
from tests.framework.waiting import Semaphore


def test_stop_of_a_source() -> None:
    """StatusStop of a source: it closes, others go on."""
    run, seen = start(
        """
        output_stream: "few" output_stream: "many" input_side_packet: "few" input_side_packet: "many"
        node { calculator: "RangeCalculator" output_stream: "few" input_side_packet: "N:few" }
        node { calculator: "RangeCalculator" output_stream: "many" input_side_packet: "N:many" }
        """,
        {"few": 2, "many": 20},
    )
    run.wait_until_done(30)
    assert seen["few"] == [(number, number) for number in range(2)]
    assert seen["many"] == [(number, number) for number in range(20)]


def test_stop_of_another_node() -> None:
    """StatusStop of a non-source: sources and graph inputs stop, the queues drain, no error."""

    def process(cc: gf.Context) -> None:
        forward(cc)
        if cc.timestamp == 5:
            cc.stop()

    run, seen = start(
        'output_stream: "b" input_side_packet: "count" input_stream: "unused"'
        'node { calculator: "RangeCalculator" output_stream: "a" input_side_packet: "N:count" }'
        + FUNCTIONS
        + LAMBDA % 'input_stream: "a" output_stream: "b"',
        functions(process=process, count=10**9),
    )
    run.wait_until_done(30)
    assert seen["b"][:6] == [(number, number) for number in range(6)]


def test_packets_after_a_stop() -> None:
    """CalculatorGraph: packets added to a stopped graph are dropped; adding may fail, but does no harm."""
    gate = Semaphore()
    stopped = threading.Event()
    run, _ = start(
        """
        input_stream: "a" num_threads: 2 input_side_packet: "stop" input_side_packet: "gate" input_side_packet: "close"
        node { calculator: "Call" input_stream: "a" output_stream: "x" input_side_packet: "PROCESS:stop"
               input_side_packet: "CLOSE:close" }
        node { calculator: "Call" input_stream: "a" output_stream: "y" input_side_packet: "PROCESS:gate" }
        """,
        {"stop": lambda cc: cc.stop(), "gate": gate, "close": lambda cc: stopped.set()},
    )
    run.add("a", 1, 1)
    gate.entered()
    assert stopped.wait(30)
    with suppress(gf.GraphError):
        run.add("a", 1, 2)
    gate.go_on()
    run.wait_until_done(30)


def test_stop_from_outside() -> None:
    """CalculatorGraphStoppingTest.CloseAllPacketSources: all that was sent is worked off."""
    run, seen = start(
        """
        input_stream: "in" output_stream: "square" output_stream: "number" input_side_packet: "count"
        node { calculator: "RangeCalculator" output_stream: "number" input_side_packet: "N:count" }
        node { calculator: "SquareIntCalculator" input_stream: "number" output_stream: "square" }
        """,
        {"count": 10**9},
        pollers=["number"],
    )
    for number in range(10):
        assert run.pollers["number"].next(30) == (number, number)
    run.stop()
    left = list(run.pollers["number"])
    run.wait_until_done(30)
    assert left == [(10 + place, 10 + place) for place in range(len(left))]
    assert seen["square"] == [(number**2, number) for number, _ in seen["number"]]


def test_node_without_streams() -> None:
    """CalculatorGraph: a node with neither inputs nor outputs opens and closes."""
    log: list[str] = []
    run, _ = start(
        """
        input_side_packet: "value" output_side_packet: "more"
        node { calculator: "Increment" input_side_packet: "VALUE:value" output_side_packet: "MORE:more" }
        """,
        {"value": 1},
    )
    run.add_done_callback(lambda _: log.append("done"))
    run.wait_until_done(30)
    assert log == ["done"]
    assert run.side_packet("more") == 2


def test_node_closes_when_all_its_inputs_are_done() -> None:
    """CalculatorNodeTest.Close; not before what is queued was processed."""
    log: list[str] = []
    given = functions(process=lambda cc: log.append(str(cc.timestamp)), close=lambda cc: log.append("close"))
    run, _ = start(
        'input_stream: "a" input_stream: "b"' + FUNCTIONS + LAMBDA % 'input_stream: "a" input_stream: "b"', given
    )
    run.add("a", 1, 1)
    run.close_input("a")
    idle(run)
    assert log == []
    run.close_input("b")
    run.wait_until_done(30)
    assert log == ["1", "close"]


@EXECUTORS
def test_cancel_with_open_inputs(executor: str) -> None:
    """CalculatorGraph.TerminatesOnCancelWithOpenGraphInputStreams."""
    log: list[str] = []
    run, _ = start(BETWEEN + executor, functions(l=log, process=forward))
    run.add("in", 1, 1)
    idle(run)
    run.cancel()
    with pytest.raises(gf.Cancelled, match="the run was cancelled"):
        run.wait_until_done(30)
    with pytest.raises(gf.Cancelled):
        run.add("in", 1, 2)
    assert sorted(entry for entry in log if entry.endswith("close")) == ["first close", "last close"]


def test_cancel_of_a_run_with_a_source() -> None:
    """CalculatorGraph::Cancel: a source that would never end."""
    run, _ = start(
        'input_side_packet: "count" node { calculator: "RangeCalculator" output_stream: "a" '
        'input_side_packet: "N:count" }',
        {"count": 10**9},
    )
    run.cancel("enough")
    with pytest.raises(gf.Cancelled, match="enough"):
        run.wait_until_done(30)


def test_run_again_after_an_error() -> None:
    """CalculatorGraph.RecoverAfterRunError, RecoverAfterPreviousFailInOpen."""
    graph = gf.Graph.from_text(ONE)
    with pytest.raises(gf.CalculatorError):
        graph.run(side_packets=functions(process=fail), a=1)
    assert graph.run(side_packets=functions(process=forward), a=1) == {"b": [(1, 0)]}


def test_state_of_a_run_is_its_own() -> None:
    """CalculatorGraph: a new calculator each run; here a shallow copy of the one that was loaded."""

    class CountCalculator(gf.Calculator):
        value = gf.Input("")
        counts = gf.Output("", tuple)
        loads = 0

        def load(self, node: gf.NodeContext) -> None:
            CountCalculator.loads += 1
            self.shared = [0]
            self.own = 0

        def process(self, cc: gf.Context) -> None:
            self.shared[0] += 1
            self.own += 1
            cc.send(self.counts, (self.own, self.shared[0]))

    runner = gf.CalculatorRunner(CountCalculator)
    assert runner.run("xy")[""] == [((1, 1), 0), ((2, 2), 1)]
    assert runner.run("xy")[""] == [((1, 3), 0), ((2, 4), 1)]
    assert CountCalculator.loads == 1


def test_many_runs_of_one_graph_at_once() -> None:
    """A MediaPipe graph has one run at a time; here any number, isolated from each other."""
    graph = gf.Graph.from_text(ONE + "num_threads: 2")
    runs: list[tuple[gf.Run, Seen]] = []
    for number in range(5):
        seen: Seen = {"b": []}
        process = fail if number == 2 else forward
        runs.append((graph.start_run(functions(process=process), {"b": seen["b"].append}), seen))
    for number, (run, seen) in reversed(list(enumerate(runs))):
        if number == 2:
            assert isinstance(failure(run, "a"), gf.CalculatorError)
        else:
            run.add("a", 1, 1)
            finish(run)
            assert seen["b"] == [(1, 1)]


class Payload:
    """A value that can be weakly referenced."""


@EXECUTORS
def test_input_packets_are_released(executor: str) -> None:
    """CalculatorGraph.InputPacketLifetime: a payload is gone once the graph is idle."""
    run, _ = start(
        'input_stream: "a"' + FUNCTIONS + LAMBDA % 'input_stream: "a" output_stream: "b"' + executor,
        functions(process=forward),
    )
    for timestamp in range(3):
        payload = Payload()
        gone = weakref.ref(payload)
        run.add("a", payload, timestamp)
        del payload
        idle(run)
        assert gone() is None
    finish(run)


def test_packets_after_the_end() -> None:
    """CalculatorGraph: adding to a graph that has ended is an error."""
    run, _ = start(ONE, functions())
    finish(run)
    with pytest.raises(gf.GraphError, match='added to input stream "a" of a run that has ended'):
        run.add("a", 1)


def test_exceptions_that_end_a_process_elsewhere() -> None:
    """A Python exception in an observer aborts MediaPipe's process; here SystemExit fails the run."""

    def leave(cc: gf.Context) -> None:
        raise SystemExit(1)

    run, _ = start(ONE, functions(process=leave))
    with pytest.raises(gf.CalculatorError, match="SystemExit"):
        run.add("a", 1)


def test_node_that_only_loads() -> None:
    """CalculatorNode::IsSource: a node without any stream, and without a method to call, does not hold up the end."""
    graph = gf.Graph.from_text('node { calculator: "OnlyLoadsCalculator" }')
    graph.start_run().wait_until_done(30)


@gf.register
class OnlyLoadsCalculator(gf.Calculator):
    """Warms something up, say."""
