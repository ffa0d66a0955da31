"""The life of a run: which methods of calculators are called, and how a run fails."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import graphframe as gf
from graphframe import Packet, Timestamp
from tests.framework import toys
from tests.framework.calls import (
    CALL,
    VALUE,
    both_executors,
    end_of,
    fail,
    nothing,
    same,
    start_call,
)
from tests.framework.waiting import SECONDS

LOGGED = """
    input_stream: "in" output_stream: "out" input_side_packet: "log" input_side_packet: "process"
    node { name: "a" calculator: "LogAndPass" input_stream: "in" output_stream: "x" input_side_packet: "LOG:log"
           node_options { [type.googleapis.com/google.protobuf.StringValue] { value: "a" } } }
    node { name: "call" calculator: "Call" input_stream: "x" output_stream: "y" input_side_packet: "PROCESS:process" }
    node { name: "b" calculator: "LogAndPass" input_stream: "y" output_stream: "out" input_side_packet: "LOG:log"
           node_options { [type.googleapis.com/google.protobuf.StringValue] { value: "b" } } }
"""
"""A node that calls the function ``process``, between two that write down what happens."""


class TestLife:
    """The methods that are called, how often, and in which order."""

    @both_executors
    def test_methods_are_called_in_their_order(self, executor: str) -> None:
        log: list[Any] = []
        graph = gf.Graph.from_text(LOGGED + executor)
        seen: list[Packet] = []
        run = graph.start_run({"log": log, "process": same}, {"out": seen.append})
        run.wait_until_idle(SECONDS)
        assert sorted(log) == [("a", "open", "UNSTARTED"), ("b", "open", "UNSTARTED")]
        del log[:]
        for timestamp in (3, 7):
            run.add("in", "value", timestamp)
            run.wait_until_idle(SECONDS)
        run.close_inputs()
        run.wait_until_done(SECONDS)
        assert log == [
            ("a", "process", "3"),
            ("b", "process", "3"),
            ("a", "process", "7"),
            ("b", "process", "7"),
            ("a", "close", "DONE"),
            ("b", "close", "DONE"),
        ]
        assert seen == [("value", 3), ("value", 7)]

    def test_inline_nodes_open_in_execution_order(self) -> None:
        log: list[Any] = []
        run = gf.Graph.from_text(LOGGED).start_run({"log": log, "process": same})
        assert [label for label, _, _ in log] == ["a", "b"]
        run.cancel()

    def test_timestamps_seen(self, call: gf.Graph) -> None:
        seen: list[int] = []

        def note(cc: gf.Context) -> None:
            seen.append(cc.timestamp)

        run = start_call(call, note, note, note)
        run.add("in", "value", 42)
        run.close_inputs()
        run.wait_until_done(SECONDS)
        assert seen == [Timestamp.UNSTARTED, 42, Timestamp.DONE]

    def test_each_run_works_on_a_copy_of_what_was_loaded(self) -> None:
        class Counter(gf.Calculator):
            value = gf.Input("")
            out = gf.Output("")

            def load(self, node: gf.NodeContext) -> None:
                self.shared: list[str] = []
                self.count = 0

            def process(self, cc: gf.Context) -> None:
                self.count += 1
                self.shared.append("run")
                cc.send(self.out, (self.count, len(self.shared)))

        runner = gf.CalculatorRunner(Counter)
        assert runner.run(["x", "y"])[""] == [((1, 1), 0), ((2, 2), 1)]
        assert runner.run(["x"])[""] == [((1, 3), 0)]


class TestFailure:
    """A calculator that raises."""

    @pytest.mark.parametrize(
        ("phase", "timestamp"), [("open", Timestamp.UNSTARTED), ("process", 0), ("close", Timestamp.DONE)]
    )
    def test_error_says_where(self, call: gf.Graph, phase: str, timestamp: int) -> None:
        run = call.start_run({"open": nothing, "process": nothing, "close": nothing, phase: fail})
        error = end_of(run, "value")
        assert isinstance(error, gf.CalculatorError)
        assert (error.node, error.calculator, error.phase, error.timestamp) == ("call", "Call", phase, timestamp)
        assert isinstance(error.__cause__, ValueError)
        assert str(error.__cause__) == "it is broken"
        with pytest.raises(gf.CalculatorError, match="it is broken"):
            run.wait_until_done(SECONDS)

    @both_executors
    def test_what_is_open_closes_and_nothing_more_is_sent(self, executor: str) -> None:
        log: list[Any] = []
        seen: list[Packet] = []

        def send_and_fail(cc: gf.Context) -> None:
            cc.send(toys.Call.outputs, "sent before it failed")
            raise ValueError("it is broken")

        run = gf.Graph.from_text(LOGGED + executor).start_run(
            {"log": log, "process": send_and_fail}, {"out": seen.append}
        )
        run.wait_until_idle(SECONDS)
        del log[:]
        assert isinstance(end_of(run, "value"), gf.CalculatorError)
        assert log[0] == ("a", "process", "0")
        assert sorted(log[1:]) == [("a", "close", "DONE"), ("b", "close", "DONE")]
        assert seen == []

    def test_inputs_are_gone_in_close(self, call: gf.Graph) -> None:
        left: list[object] = []
        run = start_call(call, process=fail, close=lambda cc: left.append(cc.packet(toys.Call.inputs)))
        assert end_of(run, "one", "two", "three") is not None
        assert left == [None]

    def test_failure_cancels_what_waits(self) -> None:
        graph = gf.Graph.from_text("""
            input_stream: "in" input_side_packet: "began" input_side_packet: "process" num_threads: 2
            node { calculator: "Wait" input_stream: "in" input_side_packet: "BEGAN:began" }
            node { name: "call" calculator: "Call" input_stream: "in" input_side_packet: "PROCESS:process" }
        """)
        began = threading.Event()

        def fail_then(cc: gf.Context) -> None:
            assert began.wait(SECONDS)
            raise ValueError("it is broken")

        run = graph.start_run({"began": began, "process": fail_then})
        error = end_of(run, "value")
        assert isinstance(error, gf.CalculatorError)
        assert error.node == "call"
        assert run.cancellation.cancelled
        with pytest.raises(gf.Cancelled, match='the run failed: node "call"'):
            run.cancellation.raise_if_cancelled()

    def test_cancelled_without_a_cancellation_is_a_failure(self, call: gf.Graph) -> None:
        def give_up(cc: gf.Context) -> None:
            raise gf.Cancelled("of another run")

        run = start_call(call, open_=give_up)
        with pytest.raises(gf.CalculatorError, match="open failed: of another run"):
            run.wait_until_done(SECONDS)

    @pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit()], ids=["SystemExit", "GeneratorExit"])
    def test_no_exception_ends_the_process_or_hangs_the_run(self, call: gf.Graph, error: BaseException) -> None:
        closed: list[int] = []

        def leave(cc: gf.Context) -> None:
            raise error

        run = start_call(call, process=leave, close=lambda cc: closed.append(1))
        found = end_of(run, "value")
        assert isinstance(found, gf.CalculatorError)
        assert found.__cause__ is error
        assert closed == [1]

    def test_interrupt_of_an_inline_calculator_reaches_the_main_thread(self) -> None:
        closed: list[int] = []

        def interrupted(cc: gf.Context) -> None:
            raise KeyboardInterrupt

        graph = gf.Graph.from_text(CALL)
        run = start_call(graph, process=interrupted, close=lambda cc: closed.append(1))
        with pytest.raises(KeyboardInterrupt):
            run.add("in", "value")
        assert closed == [1]
        assert run.done
        with pytest.raises(KeyboardInterrupt):
            run.wait_until_done(SECONDS)
        with pytest.raises(KeyboardInterrupt):
            graph.run(side_packets={"open": nothing, "process": interrupted, "close": nothing}, **VALUE)
