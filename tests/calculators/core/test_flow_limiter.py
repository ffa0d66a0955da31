from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import Timestamp
from graphframe.calculators.core.flow_limiter_pb2 import FlowLimiterCalculatorOptions
from tests.calculators.core.steps import Event, Steps, interface, node, problems


def limiter(options: str = "", outputs: str = "out ALLOW:allow", inputs: str = "a FINISHED:done") -> str:
    """A limiter whose FINISHED is an input of the graph."""
    more = f"options {{ [graphframe.FlowLimiterCalculatorOptions.ext] {{ {options} }} }}"
    return interface("a done", "out allow") + node("FlowLimiterCalculator", inputs, outputs, more)


def passed(timestamp: int) -> list[Event]:
    return [("out", "frame", timestamp), ("allow", True, timestamp)]


def dropped(timestamp: int) -> list[Event]:
    return [("allow", False, timestamp)]


class TestOneStream:
    """Packets that pass, and when."""

    def test_one_in_flight(self) -> None:
        steps = Steps(limiter())
        assert steps.add("a", "frame", 1) == passed(1)
        assert steps.add("a", "frame", 2) == dropped(2)
        assert steps.bounds == {"out": 3, "allow": 3}
        assert steps.add("done", None, 1) == []
        assert steps.add("a", "frame", 3) == passed(3)
        assert steps.close() == []
        assert steps.bounds == {"out": Timestamp.DONE, "allow": Timestamp.DONE}

    def test_more_in_flight(self) -> None:
        steps = Steps(limiter("max_in_flight: 2"))
        assert steps.add("a", "frame", 1) == passed(1)
        assert steps.add("a", "frame", 2) == passed(2)
        assert steps.add("a", "frame", 3) == dropped(3)
        steps.add("done", None, 1)
        assert steps.add("a", "frame", 4) == passed(4)
        assert steps.add("a", "frame", 5) == dropped(5)

    def test_queue_keeps_the_newest(self) -> None:
        steps = Steps(limiter("max_in_queue: 1"))
        assert steps.add("a", "frame", 1) == passed(1)
        assert steps.add("a", "frame", 2) == []
        assert steps.bounds == {"out": 2, "allow": 2}
        assert steps.add("a", "frame", 3) == dropped(2)
        assert steps.bounds == {"out": 3, "allow": 3}
        assert steps.add("done", None, 1) == passed(3)
        assert steps.add("done", None, 3) == []
        assert steps.add("a", "frame", 4) == passed(4)

    def test_what_waits_at_the_end_still_passes(self) -> None:
        steps = Steps(limiter("max_in_queue: 2"))
        for timestamp in (1, 2, 3):
            steps.add("a", "frame", timestamp)
        assert steps.set_bound("a", Timestamp.DONE) == []
        assert steps.add("done", None, 1) == passed(2)
        assert steps.bounds["out"] == 3
        assert steps.add("done", None, 2) == passed(3)
        assert steps.bounds["out"] == Timestamp.DONE

    def test_nothing_limits_when_nobody_can_finish(self) -> None:
        steps = Steps(limiter("max_in_queue: 2"))
        for timestamp in (1, 2, 3):
            steps.add("a", "frame", timestamp)
        assert steps.set_bound("done", Timestamp.DONE) == [*passed(2), *passed(3)]
        assert steps.add("a", "frame", 4) == passed(4)

    def test_settled_is_finished(self) -> None:
        steps = Steps(limiter())
        steps.add("a", "frame", 1)
        steps.set_bound("done", 2)
        assert steps.add("a", "frame", 2) == passed(2)

    def test_bound_passes(self) -> None:
        steps = Steps(limiter())
        steps.set_bound("a", 5)
        assert steps.bounds == {"out": 5, "allow": 5}

    @pytest.mark.parametrize(("timeout", "expected"), [(10, passed(12)), (0, dropped(12))])
    def test_timeout(self, timeout: int, expected: list[Event]) -> None:
        steps = Steps(limiter(f"in_flight_timeout: {timeout}"))
        assert steps.add("a", "frame", 1) == passed(1)
        assert steps.add("a", "frame", 11) == dropped(11)
        assert steps.add("a", "frame", 12) == expected

    def test_there_is_no_timeout_unless_one_is_given(self) -> None:
        steps = Steps(limiter())
        assert steps.add("a", "frame", 1) == passed(1)
        assert steps.add("a", "frame", 10**9) == dropped(10**9)

    def test_side_packet_wins_over_the_option(self) -> None:
        text = interface("a done", "out", "most") + node(
            "FlowLimiterCalculator", "a FINISHED:done", "out", 'input_side_packet: "MAX_IN_FLIGHT:most"'
        )
        steps = Steps(text, most=2)
        seen = [event for timestamp in range(3) for event in steps.add("a", "frame", timestamp)]
        assert seen == [("out", "frame", 0), ("out", "frame", 1)]
        with pytest.raises(gf.CalculatorError, match="MAX_IN_FLIGHT is 0, but must be at least 1"):
            gf.Graph.from_text(text).run(side_packets={"most": 0})


class TestLoop:
    """The back edge, in graphs that limit themselves."""

    BACK = 'input_stream_info { tag_index: "FINISHED" back_edge: true }'

    @pytest.mark.parametrize("calculator", ["PassThroughCalculator", "Nothing", "Silent"])
    def test_ends(self, calculator: str) -> None:
        steps = Steps(
            interface("a", "limited done")
            + node("FlowLimiterCalculator", "a FINISHED:done", "limited", self.BACK)
            + node(calculator, "limited", "done")
        )
        steps.add("a", "frame", 1)
        steps.add("a", "frame", 2)
        steps.close()
        assert steps.bounds == {"limited": Timestamp.DONE, "done": Timestamp.DONE}

    def test_queue_is_worked_off_by_a_node_that_never_tells(self) -> None:
        steps = Steps(
            interface("a", "limited")
            + node(
                "FlowLimiterCalculator",
                "a FINISHED:done",
                "limited",
                self.BACK + "options { [graphframe.FlowLimiterCalculatorOptions.ext] { max_in_queue: 2 } }",
            )
            + node("Silent", "limited", "done")
        )
        assert [event for time in range(4) for event in steps.add("a", "frame", time)] == [("limited", "frame", 0)]
        assert steps.close() == [("limited", "frame", 2), ("limited", "frame", 3)]

    @pytest.mark.parametrize("threads", ["", "num_threads: 3 "])
    def test_keeps_up_with_a_source(self, threads: str) -> None:
        graph = gf.Graph.from_text(
            threads
            + interface("", "out allow done")
            + node("CountingSourceCalculator", "", "frame", 'input_side_packet: "MAX_COUNT:count"')
            + node("FlowLimiterCalculator", "frame FINISHED:done", "out ALLOW:allow", self.BACK)
            + node("PassThroughCalculator", "out", "done")
            + 'input_side_packet: "count"'
        )
        outputs = graph.run(side_packets={"count": 100})
        assert [packet.timestamp for packet in outputs["allow"]] == list(range(100))
        kept = [packet.timestamp for packet in outputs["allow"] if packet.value]
        assert kept[0] == 0
        assert outputs["out"] == outputs["done"] == [(timestamp, timestamp) for timestamp in kept]


@gf.register
class Nothing(gf.Calculator):
    """A calculator that sends nothing, so that its output settles."""

    value = gf.Input("")
    nothing = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        pass


@gf.register
class Silent(Nothing):
    """A calculator that sends nothing and whose output does not settle."""

    timestamp_offset = None


class TestFurtherStreams:
    """Streams that follow the first one."""

    TEXT = interface("a b done", "x y") + node("FlowLimiterCalculator", "a b FINISHED:done", "x y")

    def test_are_in_step(self) -> None:
        steps = Steps(self.TEXT)
        assert steps.add("a", "a", 1) == [("x", "a", 1)]
        assert steps.add("b", "b", 1) == [("y", "b", 1)]
        assert steps.add("b", "b", 2) == []
        assert steps.bounds["y"] == 2
        assert steps.add("a", "a", 2) == []
        assert steps.bounds == {"x": 3, "y": 3}

    def test_packets_between_follow_the_last_decision(self) -> None:
        steps = Steps(self.TEXT)
        for timestamp in (0, 11, 12, 21, 29, 31):
            steps.add("b", timestamp, timestamp)
        assert steps.add("a", "a", 10) == [("x", "a", 10), ("y", 0, 0)]
        assert steps.add("a", "a", 20) == [("y", 11, 11), ("y", 12, 12)]
        assert steps.bounds["y"] == 21
        steps.add("done", None, 10)
        assert steps.add("a", "a", 30) == [("x", "a", 30)]
        assert steps.bounds["y"] == 31
        assert steps.close() == [("y", 31, 31)]

    def test_late_ones_are_still_judged(self) -> None:
        steps = Steps(self.TEXT)
        for timestamp in range(5):
            steps.add("a", "a", timestamp)
            if timestamp == 2:
                steps.add("done", None, 0)
        found = [event for timestamp in range(5) for event in steps.add("b", timestamp, timestamp)]
        assert found == [("y", 0, 0), ("y", 3, 3)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (limiter("max_in_flight: 0"), "max_in_flight is 0, but must be at least 1"),
        (limiter("max_in_queue: -1"), "max_in_queue is -1, but must be at least 0"),
        (limiter("in_flight_timeout: -1"), "in_flight_timeout is -1, but must be at least 0"),
        (limiter(outputs="out x"), "an output stream without a tag for each input stream"),
        (limiter(inputs="a"), 'needs an input_stream "FINISHED:..."'),
    ],
)
def test_problems(text: str, message: str) -> None:
    assert message in problems(text)


LIMITED = """
    input_stream: "in" input_stream: "done" input_side_packet: "limits" output_stream: "out"
    node { calculator: "FlowLimiterCalculator" input_side_packet: "OPTIONS:limits" input_stream: "in"
           input_stream: "FINISHED:done" output_stream: "out"
           options { [graphframe.FlowLimiterCalculatorOptions.ext] { max_in_flight: 1 max_in_queue: 1 } } }
"""


def limited(**limits: int) -> list[int]:
    """Return the timestamps that pass of six, none of which finishes."""
    seen: list[gf.Packet] = []
    graph = gf.Graph.from_text(LIMITED)
    run = graph.start_run({"limits": FlowLimiterCalculatorOptions(**limits)} if limits else {}, {"out": seen.append})
    for timestamp in range(6):
        run.add("in", "value", timestamp)
    run.wait_until_idle(30)
    run.cancel()
    return [packet.timestamp for packet in seen]


def test_options_side_packet_overrides_options() -> None:
    """FlowLimiterCalculatorTest.*, which configure it through OPTIONS."""
    assert limited() == [0]
    assert limited(max_in_flight=3) == [0, 1, 2]
    with pytest.raises(gf.CalculatorError, match="OPTIONS: max_in_flight is 0, but must be at least 1"):
        limited(max_in_flight=0)
