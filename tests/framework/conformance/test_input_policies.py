"""The other input policies: after stream_handler/*_test.cc."""

from __future__ import annotations

from typing import Any

import graphframe as gf
from tests.framework.conformance.toys import LambdaCalculator, Semaphore, failure, finish, idle, problems, start

POLICY = 'input_stream_handler { input_stream_handler: "%sInputStreamHandler" %s }'


def graph(calculator: str, policy: str, options: str = "", inputs: str = "a b", more: str = "") -> str:
    """A node with an input policy."""
    streams = "".join(f'input_stream: "{name}" ' for name in inputs.split())
    handler = POLICY % (policy, f"options {{ {options} }}" if options else "")
    return f"""
        {streams} output_stream: "out"
        node {{ calculator: "{calculator}" {streams} output_stream: "out" {handler} {more} }}
    """


SYNC_SETS = "[graphframe.SyncSetInputStreamHandlerOptions.ext] { %s }"
FIXED_SIZE = "[graphframe.FixedSizeInputStreamHandlerOptions.ext] { %s }"
ALIGN = '[graphframe.TimestampAlignInputStreamHandlerOptions.ext] { timestamp_base_tag_index: "%s" }'


def joined(cc: gf.Context) -> str:
    """The values of an input set; "-" where there is none."""
    return "".join("-" if value is None else value for value in cc.values(LambdaCalculator.inputs))


class TestImmediate:
    """immediate_input_stream_handler_test.cc and immediate_mux_calculator_test.cc."""

    def test_packets_are_processed_as_they_come(self) -> None:
        """ImmediateInputStreamHandlerTest: no stream waits for another; timestamps may go back."""
        run, seen = start(graph("JoinCalculator", "Immediate"))
        run.add("a", 1, 5)
        assert "takes 6 or later now" in str(failure(run, "b", 2, 3))  # the node's output goes back
        assert seen["out"] == [((1, None), 5)]

    def test_timestamps_may_go_back(self) -> None:
        """ImmediateInputStreamHandlerTest: process sees what is there, whatever its timestamp."""
        calls: list[Any] = []
        run, _ = start(
            """
            input_stream: "a" input_stream: "b" input_side_packet: "process"
            node { calculator: "LambdaCalculator" input_stream: "a" input_stream: "b"
                   input_side_packet: "PROCESS:process" %s }
            """
            % (POLICY % ("Immediate", "")),
            {"process": lambda cc: calls.append((cc.timestamp, cc.values(LambdaCalculator.inputs)))},
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
            calls.append(cc.values(LambdaCalculator.inputs))
            gate(cc)

        run, _ = start(
            """
            input_stream: "a" input_stream: "b" input_side_packet: "process" num_threads: 1
            node { calculator: "LambdaCalculator" input_stream: "a" input_stream: "b"
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
        run = gf.Graph.from_text(graph("LambdaCalculator", "Immediate")).start_run(
            bound_observers={"out": moved.append}
        )
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
            node { calculator: "LambdaCalculator" input_stream: "a" input_stream: "b"
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
            node { calculator: "LambdaCalculator" input_stream: "out" output_stream: "tick"
                   input_side_packet: "OPEN:open" input_side_packet: "PROCESS:process" }
            """
            % (POLICY % ("Barrier", "")),
            {
                "open": lambda cc: cc.send(LambdaCalculator.outputs, "go", 0),
                "process": lambda cc: cc.send(LambdaCalculator.outputs, "go", cc.timestamp + 1),
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
            node { calculator: "LambdaCalculator" input_side_packet: "PROCESS:process"
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
        """SyncSetInputStreamHandlerTest.OrdinaryOperation, a set left out: they are one more set."""
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


class TestFixedSize:
    """fixed_size_input_stream_handler_test.cc."""

    def slow(self, options: str, feed: list[tuple[str, int]]) -> list[Any]:
        """What comes out of a node that is busy with a packet of both streams at 0 while the others come."""
        gate = Semaphore()
        calls: list[Any] = []

        def process(cc: gf.Context) -> None:
            calls.append((cc.timestamp, joined(cc)))
            gate(cc)

        run, _ = start(
            """
            input_stream: "a" input_stream: "b" num_threads: 1 input_side_packet: "process"
            node { calculator: "LambdaCalculator" input_stream: "a" input_stream: "b"
                   input_side_packet: "PROCESS:process" %s }
            """
            % (POLICY % ("FixedSize", f"options {{ {FIXED_SIZE % options} }}")),
            {"process": process},
        )
        run.add("a", "a", 0)
        run.add("b", "b", 0)
        gate.entered()
        for stream, timestamp in feed:
            run.add(stream, stream, timestamp)
        gate.go_on(100)
        finish(run)
        return calls

    def test_newest_packets_are_kept(self) -> None:
        """FixedSizeInputStreamHandlerTest.DropsPackets: the busy node finds the last one."""
        feed = [(stream, timestamp) for timestamp in range(1, 10) for stream in "ab"]
        assert self.slow("", feed) == [(0, "ab"), (9, "ab")]

    def test_trigger_and_target(self) -> None:
        """FixedSizeInputStreamHandlerTest.DropsPackets with trigger_queue_size 4 and target_queue_size 2."""
        feed = [(stream, timestamp) for timestamp in range(1, 4) for stream in "ab"]
        options = "trigger_queue_size: 4 target_queue_size: 2"
        assert self.slow(options, feed) == [(0, "ab"), (1, "ab"), (2, "ab"), (3, "ab")]
        feed += [("a", 4), ("b", 4)]
        assert self.slow(options, feed) == [(0, "ab"), (3, "ab"), (4, "ab")]

    def test_older_packets_are_dropped_on_all_streams(self) -> None:
        """FixedSizeInputStreamHandlerTest.DropsPacketsInFullStream."""
        feed = [("b", 3), *(("a", timestamp) for timestamp in range(1, 10)), ("b", 9)]
        assert self.slow("", feed) == [(0, "ab"), (9, "ab")]

    def test_fixed_min_size_waits_for_all_queues(self) -> None:
        """FixedSizeInputStreamHandlerTest with fixed_min_size: nothing is dropped while a queue is short."""
        feed = [("a", 1), ("a", 2), ("a", 3), ("b", 3)]
        assert self.slow("fixed_min_size: true", feed) == [(0, "ab"), (1, "a-"), (2, "a-"), (3, "ab")]

    def test_late_packets_are_dropped(self) -> None:
        """FixedSizeInputStreamHandlerTest.LateArrivalDrop: below the kept timestamp nothing is processed any more."""
        run, seen = start(graph("JoinCalculator", "FixedSize"))
        for timestamp in range(1, 7):
            run.add("a", "a", timestamp)
        for timestamp in range(1, 7):
            run.add("b", "b", timestamp)
            idle(run)
        finish(run)
        assert seen["out"] == [(("a", "b"), 6)]

    def test_dropped_timestamps_are_settled(self) -> None:
        """CalculatorGraphBoundsTest.FixedSizeHandlerBounds: downstream joins do not wait for what was dropped."""
        gate = Semaphore()
        run, seen = start(
            """
            input_stream: "a" output_stream: "joined" num_threads: 2 input_side_packet: "process"
            node { calculator: "LambdaCalculator" input_stream: "a" output_stream: "b"
                   input_side_packet: "PROCESS:process" %s }
            node { calculator: "JoinCalculator" input_stream: "a" input_stream: "b" output_stream: "joined" }
            """
            % (POLICY % ("FixedSize", "")),
            {"process": gate},
        )
        run.add("a", 0, 0)
        gate.entered()
        for timestamp in range(1, 5):
            run.add("a", timestamp, timestamp)
        gate.go_on()
        gate.entered()
        gate.go_on()
        idle(run)
        assert [packet.value for packet in seen["joined"]] == [(0, 0), (1, None), (2, None), (3, None), (4, 4)]
        finish(run)

    def test_target_above_trigger(self) -> None:
        """FixedSizeInputStreamHandler: RET_CHECK_LE(target, trigger)."""
        [found] = problems(
            graph("JoinCalculator", "FixedSize", FIXED_SIZE % "trigger_queue_size: 2 target_queue_size: 3")
        )
        assert "target_queue_size 3 must be at least 1, and at most trigger_queue_size 2" in found


class TestEarlyClose:
    """early_close_input_stream_handler.cc, which has no test of its own."""

    def test_closes_when_any_stream_is_done(self) -> None:
        """EarlyCloseInputStreamHandler: kReadyForClose as soon as one stream is done and empty."""
        run, seen = start(graph("JoinCalculator", "EarlyClose"))
        run.add("a", "a1", 1)
        run.add("a", "a2", 2)
        run.add("b", "b1", 1)
        run.close_input("b")
        idle(run)
        assert seen["out"] == [(("a1", "b1"), 1)]
        finish(run)
        assert len(seen["out"]) == 1

    def test_waits_as_the_default_policy(self) -> None:
        """EarlyCloseInputStreamHandler: until then as Default."""
        run, seen = start(graph("JoinCalculator", "EarlyClose"))
        run.add("a", "a1", 1)
        idle(run)
        assert seen["out"] == []
        run.add("b", "b2", 2)
        idle(run)
        assert seen["out"] == [(("a1", None), 1)]
        finish(run)


class TestMux:
    """mux_input_stream_handler_test.cc."""

    TEXT = graph("JoinCalculator", "Mux", inputs="i0 i1 select")

    def test_chosen_stream(self) -> None:
        """MuxInputStreamHandlerTest.BasicMuxing."""
        run, seen = start(self.TEXT)
        for timestamp in range(1, 5):
            run.add("i0", f"x{timestamp}", timestamp)
            run.add("i1", f"y{timestamp}", timestamp)
            run.add("select", timestamp % 2, timestamp)
            idle(run)
            assert len(seen["out"]) == timestamp
        finish(run)
        assert [packet.value for packet in seen["out"]] == [
            (None, "y1", 1),
            ("x2", None, 0),
            (None, "y3", 1),
            ("x4", None, 0),
        ]

    def test_waits_for_the_chosen_stream_only(self) -> None:
        """MuxInputStreamHandlerTest: the other data streams need not be settled."""
        run, seen = start(self.TEXT)
        run.add("select", 1, 1)
        run.add("i0", "x", 5)
        idle(run)
        assert seen["out"] == []
        run.set_bound("i1", 2)
        idle(run)
        assert seen["out"] == [((None, None, 1), 1)]
        finish(run)

    def test_older_data_is_dropped(self) -> None:
        """MuxInputStreamHandlerTest.RemovesUnusedDataStreamPackets: what no control packet chose goes away."""
        run, seen = start(self.TEXT)
        for timestamp in range(1, 4):
            run.add("i0", f"x{timestamp}", timestamp)
        run.add("select", 0, 3)
        run.add("i1", "y3", 3)
        run.add("i1", "y4", 4)
        run.add("select", 1, 4)
        finish(run)
        assert seen["out"] == [(("x3", None, 0), 3), ((None, "y4", 1), 4)]

    def test_closes_with_the_control(self) -> None:
        """MuxCalculatorTest.HandlesCloseGracefully."""
        run, seen = start(self.TEXT)
        run.close_input("select")
        run.add("i0", "x", 1)
        finish(run)
        assert seen["out"] == []


class TestTimestampAlign:
    """timestamp_align_input_stream_handler_test.cc."""

    TEXT = graph("JoinCalculator", "TimestampAlign", ALIGN % "", inputs="base b")

    def test_streams_are_shifted_to_the_base(self) -> None:
        """TimestampAlignInputStreamHandlerTest.Initialization: the first packets meet."""
        run, seen = start(self.TEXT)
        run.add("b", "b1", 1001)
        run.add("base", "a1", 1)
        run.add("b", "b2", 1002)
        run.add("base", "a2", 2)
        finish(run)
        assert seen["out"] == [(("a1", "b1"), 1), (("a2", "b2"), 2)]

    def test_base_does_not_wait_before_all_have_come(self) -> None:
        """TimestampAlignInputStreamHandlerTest.TickRate: the base passes alone until every stream has a packet."""
        run, seen = start(self.TEXT)
        run.add("base", "a1", 1)
        idle(run)
        assert seen["out"] == [(("a1", None), 1)]
        run.add("b", "b1", 1001)
        run.add("base", "a2", 2)
        finish(run)
        assert seen["out"][1:] == [(("a2", "b1"), 2)]

    def test_base_that_is_not_there(self) -> None:
        """TimestampAlignInputStreamHandler: the base must be an input of the node."""
        [found] = problems(graph("JoinCalculator", "TimestampAlign", ALIGN % "NOPE"))
        assert 'the node has no input stream at "NOPE"' in found


class TestChoice:
    """Which policy a node has."""

    def test_of_the_graph(self) -> None:
        """CalculatorGraphConfig.input_stream_handler: the default of nodes without one."""
        text = graph("JoinCalculator", "Barrier").replace(POLICY % ("Barrier", ""), "")
        run, seen = start(text + POLICY % ("Barrier", ""))
        run.add("a", 1, 1)
        run.add("b", 2, 7)
        finish(run)
        assert seen["out"] == [((1, 2), 1)]

    def test_of_the_calculator(self) -> None:
        """CalculatorContract.SetInputStreamHandler; the config overrides it (CalculatorContractTest)."""

        text = graph("BarrierJoinCalculator", "Default")
        for policy, expected in (("", [((1, 2), 1)]), (POLICY % ("Default", ""), [((1, None), 1), ((None, 2), 7)])):
            run, seen = start(text.replace(POLICY % ("Default", ""), policy))
            run.add("a", 1, 1)
            run.add("b", 2, 7)
            finish(run)
            assert seen["out"] == expected
