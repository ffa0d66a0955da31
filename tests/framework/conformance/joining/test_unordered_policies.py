"""Input policies whose timestamps need not rise: after MediaPipe's tests of stream handlers."""

from __future__ import annotations

from typing import Any

import graphframe as gf
from tests.framework.conformance.joining.policies import POLICY, SYNC_SETS, graph, joined
from tests.framework.conformance.runs import failure, finish, idle, problems, start
from tests.framework.toys import Call
from tests.framework.waiting import Semaphore


class TestImmediate:
    """immediate_input_stream_handler_test.cc and immediate_mux_calculator_test.cc."""

    def test_packets_are_processed_as_they_come(self) -> None:
        """ImmediateInputStreamHandlerTest: no stream waits for another; timestamps may go back."""
        run, seen = start(graph("JoinCalculator", "Immediate"))
        run.add("a", 1, 5)
        assert "now takes timestamp 6 or later" in str(failure(run, "b", 2, 3))  # the node's output goes back
        assert seen["out"] == [((1, None), 5)]

    def test_timestamps_may_go_back(self) -> None:
        """ImmediateInputStreamHandlerTest: process sees what is there, whatever its timestamp."""
        calls: list[Any] = []
        run, _ = start(
            """
            input_stream: "a" input_stream: "b" input_side_packet: "process"
            node { calculator: "Call" input_stream: "a" input_stream: "b"
                   input_side_packet: "PROCESS:process" %s }
            """
            % (POLICY % ("Immediate", "")),
            {"process": lambda cc: calls.append((cc.timestamp, cc.values(Call.inputs)))},
        )
        run.add("a", "a5", 5)
        run.add("b", "b3", 3)
        run.add("a", "a6", 6)
        finish(run)
        assert calls == [(5, ["a5", None]), (3, [None, "b3"]), (6, ["a6", None])]

    def test_packets_of_one_timestamp_that_wait_come_together(self) -> None:
        """ImmediateInputStreamHandlerTest: simultaneous packets of one timestamp make one input set."""
        gate = Semaphore()
        calls: list[list[object]] = []

        def process(cc: gf.Context) -> None:
            calls.append(cc.values(Call.inputs))
            gate(cc)

        run, _ = start(
            """
            input_stream: "a" input_stream: "b" input_side_packet: "process" num_threads: 1
            node { calculator: "Call" input_stream: "a" input_stream: "b"
                   input_side_packet: "PROCESS:process" %s }
            """
            % (POLICY % ("Immediate", "")),
            {"process": process},
        )
        run.add("a", "a1", 1)
        gate.entered()
        run.add("a", "a2", 2)
        run.add("b", "b2", 2)
        run.add("b", "b3", 3)
        gate.go_on(10)
        finish(run)
        assert calls == [["a1", None], ["a2", "b2"], [None, "b3"]]

    def test_bounds_are_settled_as_far_as_all_streams_are(self) -> None:
        """CalculatorGraphBoundsTest.ImmediateHandlerBounds: the output waits for the slowest stream."""
        moved: list[int] = []
        run = gf.Graph.from_text(graph("Call", "Immediate")).start_run(bound_observers={"out": moved.append})
        run.set_bound("a", 10)
        idle(run)
        assert moved == []
        run.set_bound("b", 5)
        idle(run)
        assert moved == [5]
        run.set_bound("b", 20)
        idle(run)
        assert moved == [5, 10]
        finish(run)

    def test_process_is_called_for_each_stream_that_ends(self) -> None:
        """ImmediateInputStreamHandlerTest: ready once more for each; here with process_timestamp_bounds."""
        log: list[tuple[str, str]] = []
        run, _ = start(
            """
            input_stream: "a" input_stream: "b" input_side_packet: "log"
            node { calculator: "BoundLogCalculator" input_stream: "a" input_stream: "b" input_side_packet: "LOG:log"
                   %s }
            """
            % (POLICY % ("Immediate", "")),
            {"log": log},
        )
        run.add("a", 1, 1)
        run.close_input("a")
        idle(run)
        assert log == [("2", "PRE_STREAM"), ("DONE", "PRE_STREAM")]
        finish(run)
        assert log[2:] == [("DONE", "DONE")]

    def test_closes_when_all_are_done(self) -> None:
        """ImmediateInputStreamHandlerTest: ready for close."""
        log: list[str] = []
        text = """
            input_stream: "a" input_stream: "b" input_side_packet: "close"
            node { calculator: "Call" input_stream: "a" input_stream: "b"
                   input_side_packet: "CLOSE:close" %s }
        """
        run, _ = start(text % (POLICY % ("Immediate", "")), {"close": lambda cc: log.append("closed")})
        run.close_input("a")
        idle(run)
        assert log == []
        run.close_input("b")
        run.wait_until_done()
        assert log == ["closed"]


class TestBarrier:
    """barrier_input_stream_handler_test.cc."""

    def test_timestamps_do_not_matter(self) -> None:
        """BarrierInputStreamHandlerTest.SimulateProcessNode: one packet of each; the least timestamp is the set's."""
        run, seen = start(graph("JoinCalculator", "Barrier"))
        run.add("a", "a1", 10)
        run.add("a", "a2", 20)
        idle(run)
        assert seen["out"] == []
        run.add("b", "b1", 15)
        idle(run)
        assert seen["out"] == [(("a1", "b1"), 10)]
        run.add("b", "b2", 16)
        idle(run)
        assert seen["out"][1:] == [(("a2", "b2"), 16)]
        finish(run)

    def test_bounds_do_not_matter(self) -> None:
        """BarrierInputStreamHandlerTest.SimulateProcessNode: an input without a packet is waited for."""
        run, seen = start(graph("JoinCalculator", "Barrier"))
        run.add("a", "a1", 1)
        run.set_bound("b", 100)
        idle(run)
        assert seen["out"] == []
        run.add("b", "b1", 100)
        finish(run)
        assert seen["out"] == [(("a1", "b1"), 1)]

    def test_closes_when_any_stream_is_done(self) -> None:
        """BarrierInputStreamHandler::GetNodeReadiness, kReadyForClose: what waits on the others is dropped."""
        run, seen = start(graph("JoinCalculator", "Barrier"))
        run.add("a", "a1", 1)
        run.add("a", "a2", 2)
        run.add("b", "b1", 1)
        run.close_input("b")
        idle(run)
        assert seen["out"] == [(("a1", "b1"), 1)]
        finish(run)
        assert len(seen["out"]) == 1

    def test_loop_ends(self) -> None:
        """CalculatorGraph.CycleUntimed, with timestamps that rise: a back edge paces the input."""
        run, seen = start(
            """
            input_stream: "a" output_stream: "out" input_side_packet: "open" input_side_packet: "process"
            node { calculator: "JoinCalculator" input_stream: "a" input_stream: "tick" output_stream: "out"
                   input_stream_info { tag_index: ":1" back_edge: true } %s }
            node { calculator: "Call" input_stream: "out" output_stream: "tick"
                   input_side_packet: "OPEN:open" input_side_packet: "PROCESS:process" }
            """
            % (POLICY % ("Barrier", "")),
            {
                "open": lambda cc: cc.send(Call.outputs, "go", 0),
                "process": lambda cc: cc.send(Call.outputs, "go", cc.timestamp + 1),
            },
        )
        for timestamp in range(10, 15):
            run.add("a", timestamp, timestamp)
        finish(run)
        assert [packet.value for packet in seen["out"]] == [(timestamp, "go") for timestamp in range(10, 15)]


class TestSyncSet:
    """sync_set_input_stream_handler_test.cc."""

    def calls(self, options: str, feed: list[tuple[str, int]]) -> list[tuple[int, str]]:
        """The input sets of a node with the streams a to d after packets at given streams and timestamps."""
        calls: list[tuple[int, str]] = []
        run, _ = start(
            """
            input_stream: "a" input_stream: "b" input_stream: "c" input_stream: "d" input_side_packet: "process"
            node { calculator: "Call" input_side_packet: "PROCESS:process"
                   input_stream: "A:a" input_stream: "B:b" input_stream: "C:0:c" input_stream: "C:1:d" %s }
            """
            % (POLICY % ("SyncSet", f"options {{ {SYNC_SETS % options} }}")),
            {"process": lambda cc: calls.append((cc.timestamp, joined(cc)))},
        )
        for stream, timestamp in feed:
            run.add(stream, stream, timestamp)
            idle(run)
        before = list(calls)
        finish(run)
        return before

    def test_each_set_is_joined_on_its_own(self) -> None:
        """SyncSetInputStreamHandlerTest.OrdinaryOperation."""
        options = 'sync_set { tag_index: "A" tag_index: "B" } sync_set { tag_index: "C" tag_index: "C:1" }'
        feed = [("a", 10), ("c", 1), ("d", 1), ("b", 10), ("a", 11)]
        assert self.calls(options, feed) == [(1, "--cd"), (10, "ab--")]

    def test_streams_that_no_set_names_make_one(self) -> None:
        """SyncSetInputStreamHandlerTest.OrdinaryOperation, a set omitted: its inputs are one more set."""
        feed = [("a", 10), ("b", 1), ("c", 1), ("d", 1)]
        assert self.calls('sync_set { tag_index: "A" }', feed) == [(10, "a---"), (1, "-bcd")]

    def test_one_set_of_all_is_the_default_policy(self) -> None:
        """SyncSetInputStreamHandler with all inputs in one set."""
        options = 'sync_set { tag_index: "A" tag_index: "B" tag_index: "C" tag_index: "C:1" }'
        feed = [("a", 1), ("b", 1), ("c", 2), ("d", 3)]
        assert self.calls(options, feed) == [(1, "ab--")]

    def test_stream_in_two_sets(self) -> None:
        """SyncSetInputStreamHandler: "duplicate" ids are an error."""
        [found] = problems(
            graph(
                "JoinCalculator",
                "SyncSet",
                SYNC_SETS % 'sync_set { tag_index: "" tag_index: ":1" } sync_set { tag_index: ":1" }',
            )
        )
        assert 'the input stream ":1" is in two sync sets' in found

    def test_stream_that_is_not_there(self) -> None:
        """SyncSetInputStreamHandler: the tag must be one of the node's."""
        [found] = problems(graph("JoinCalculator", "SyncSet", SYNC_SETS % 'sync_set { tag_index: "NOPE" }'))
        assert 'the node has no input stream at "NOPE"' in found
