"""Open, process, close, stop, cancel: after calculator_graph_test.cc, calculator_node_test.cc and
calculator_graph_stopping_test.cc."""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress
from typing import Any

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.toys import LambdaCalculator, Seen, Semaphore, failure, finish, idle, start

FUNCTIONS = 'input_side_packet: "open" input_side_packet: "process" input_side_packet: "close"'
LAMBDA = """
    node { name: "n" calculator: "LambdaCalculator" %s
           input_side_packet: "OPEN:open" input_side_packet: "PROCESS:process" input_side_packet: "CLOSE:close" }
"""
ONE = 'input_stream: "a" output_stream: "b"' + FUNCTIONS + LAMBDA % 'input_stream: "a" output_stream: "b"'
LOG = (
    'node { name: "%s" calculator: "LogCalculator" input_stream: "%s" output_stream: "%s" input_side_packet: "LOG:l" }'
)
BETWEEN = (
    'input_stream: "in" output_stream: "out" input_side_packet: "l"'
    + FUNCTIONS
    + LOG % ("first", "in", "a")
    + LAMBDA % 'input_stream: "a" output_stream: "b"'
    + LOG % ("last", "b", "out")
)
"""A node that calls functions between two that write down what happens to them."""
EXECUTORS = pytest.mark.parametrize("executor", ["", "num_threads: 3"], ids=["inline", "threads"])


def nothing(cc: gf.Context) -> None:
    pass


def forward(cc: gf.Context) -> None:
    cc.send(LambdaCalculator.outputs, cc.values(LambdaCalculator.inputs)[0])


def fail(cc: gf.Context) -> None:
    raise ValueError("it is broken")


def functions(**given: Any) -> dict[str, Any]:
    return {"open": nothing, "process": nothing, "close": nothing} | given


def error_of(run: gf.Run) -> gf.CalculatorError:
    with pytest.raises(gf.CalculatorError) as caught:
        run.wait_until_done(30)
    return caught.value


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
        node { calculator: "LambdaCalculator" input_stream: "a" output_stream: "b" input_side_packet: "OPEN:send" }
        node { calculator: "LambdaCalculator" input_stream: "b" output_stream: "c" input_side_packet: "OPEN:look"
               input_side_packet: "PROCESS:forward" }
        """,
        {
            "send": lambda cc: cc.send(LambdaCalculator.outputs, "early", 0),
            "look": lambda cc: seen_in_open.append(cc.has(LambdaCalculator.inputs)),
            "forward": forward,
        },
    )
    idle(run)
    assert seen["c"] == [("early", 0)]
    assert seen_in_open == [False]
    finish(run)


def test_packet_sent_in_close() -> None:
    """SummaryPacketCalculatorUseCaseTest: it is delivered before the stream closes."""
    run, seen = start(ONE, functions(close=lambda cc: cc.send(LambdaCalculator.outputs, "late", Timestamp.POST_STREAM)))
    run.add("a", 1, 5)
    finish(run)
    assert seen["b"] == [("late", Timestamp.POST_STREAM)]


def test_send_in_open_without_a_timestamp() -> None:
    """CalculatorContext: Unstarted is no timestamp for a packet."""
    run, _ = start(ONE, functions(open=lambda cc: cc.send(LambdaCalculator.outputs, 1)))
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
    assert (error.node, error.calculator, error.phase, error.timestamp) == ("n", "LambdaCalculator", "process", 2)
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
        cc.send(LambdaCalculator.outputs, number, number or 0)

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
        node { calculator: "LambdaCalculator" input_stream: "a" output_stream: "x"
               input_side_packet: "PROCESS:slow" input_side_packet: "CLOSE:close" }
        node { calculator: "LambdaCalculator" input_stream: "a" output_stream: "y" input_side_packet: "PROCESS:fail" }
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
    """CalculatorGraph: what is added to a graph that was stopped is dropped; it may be refused, but harms nobody."""
    gate = Semaphore()
    stopped = threading.Event()
    run, _ = start(
        """
        input_stream: "a" num_threads: 2 input_side_packet: "stop" input_side_packet: "gate" input_side_packet: "close"
        node { calculator: "LambdaCalculator" input_stream: "a" output_stream: "x" input_side_packet: "PROCESS:stop"
               input_side_packet: "CLOSE:close" }
        node { calculator: "LambdaCalculator" input_stream: "a" output_stream: "y" input_side_packet: "PROCESS:gate" }
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
        node { calculator: "SideAdderCalculator" input_side_packet: "VALUE:value" output_side_packet: "MORE:more" }
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
def test_input_packets_are_let_go(executor: str) -> None:
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
