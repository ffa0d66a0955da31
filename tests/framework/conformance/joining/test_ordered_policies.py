"""Input policies whose timestamps rise, and the choice of a policy: after MediaPipe's tests of stream handlers."""

from __future__ import annotations

from typing import Any

import graphframe as gf
from tests.framework.conformance.joining.policies import ALIGN, FIXED_SIZE, POLICY, graph, joined
from tests.framework.conformance.runs import finish, idle, problems, start
from tests.framework.waiting import Semaphore


class TestFixedSize:
    """fixed_size_input_stream_handler_test.cc."""

    def slow(self, options: str, feed: list[tuple[str, int]]) -> list[Any]:
        """Return the calls of a node that is busy with a packet of both streams at 0 while the others arrive."""
        gate = Semaphore()
        calls: list[Any] = []

        def process(cc: gf.Context) -> None:
            calls.append((cc.timestamp, joined(cc)))
            gate(cc)

        run, _ = start(
            """
            input_stream: "a" input_stream: "b" num_threads: 1 input_side_packet: "process"
            node { calculator: "Call" input_stream: "a" input_stream: "b"
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
            node { calculator: "Call" input_stream: "a" output_stream: "b"
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
