"""The state machine, step by step: no calculator is called, the tests do the work of the nodes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import graphframe as gf
from graphframe import Packet, Timestamp
from graphframe.framework.config import parse
from graphframe.framework.scheduler import NodeState, Scheduler
from graphframe.framework.validation import validate
from tests.framework import toys

assert toys


class Steps:
    """A scheduler, with nodes by their names and tasks as text."""

    def __init__(self, text: str, side_packets: dict[str, Any] | None = None, *, start: bool = True) -> None:
        self.plan = validate(parse(text, "graph"), Path())
        self.seen: list[tuple[str, Any, str]] = []
        self.scheduler = Scheduler(
            self.plan,
            {self.plan.side_packets.index(name): value for name, value in (side_packets or {}).items()},
            [(number, self._observer(name)) for number, name in enumerate(self.plan.streams)],
        )
        self.tasks: dict[str, NodeState] = {}
        if start:
            self.scheduler.start()

    def _observer(self, stream: str) -> Callable[[Packet], None]:
        return lambda packet: self.seen.append((stream, packet.value, Timestamp.describe(packet.timestamp)))

    def add(self, stream: str, *timestamps: int) -> None:
        """Packets that hold the stream's name."""
        for timestamp in timestamps:
            self.scheduler.add(self.plan.inputs.number(stream), Packet(stream, timestamp))

    def set_bound(self, stream: str, bound: int) -> None:
        self.scheduler.set_bound(self.plan.inputs.number(stream), bound)

    def next(self) -> str | None:
        """What works next: ``"node phase timestamp"``, and the values of its input set."""
        node = self.scheduler.next()
        if node is None:
            return None
        self.tasks[node.plan.name] = node
        values = "".join(f" {packet.value if packet else '-'}" for packet in node.packets)
        return f"{node.plan.name} {node.phase.value} {Timestamp.describe(node.timestamp)}{values}"

    def finish(self, name: str, *sent: Packet, slot: int = 0, **given: Any) -> None:
        """Let it be done, having sent packets to its output `slot`."""
        self.scheduler.finish(self.tasks.pop(name), [(slot, packet) for packet in sent], **given)

    def rest(self) -> list[str]:
        """All that can still be done, each finished at once without sending anything."""
        found = []
        while (step := self.next()) is not None:
            found.append(step)
            self.finish(step.split()[0])
        return found

    @property
    def error(self) -> str:
        assert self.scheduler.error is not None
        return str(self.scheduler.error)


def node(name: str, calculator: str, inputs: str, outputs: str, more: str = "") -> str:
    """A node; streams are separated by blanks."""
    streams = [f'input_stream: "{text}" ' for text in inputs.split()]
    streams += [f'output_stream: "{text}" ' for text in outputs.split()]
    return f'node {{ name: "{name}" calculator: "{calculator}" {"".join(streams)} {more} }}\n'


def graph_inputs(names: str) -> str:
    return "".join(f'input_stream: "{name}" ' for name in names.split())


CHAIN = graph_inputs("in") + node("one", "Double", "in", "mid") + node("two", "Double", "mid", "out")
JOIN = graph_inputs("a b") + node("join", "Add", "A:a B:b", "SUM:sum")
LOG = 'input_side_packet: "LOG:log"'


def test_packet_goes_from_node_to_node() -> None:
    steps = Steps(CHAIN)
    assert steps.next() is None
    steps.add("in", 5)
    assert steps.next() == "one process 5 in"
    assert steps.next() is None
    steps.finish("one", Packet("x", 5))
    assert steps.next() == "two process 5 x"
    steps.finish("two", Packet("y", 5))
    assert steps.next() is None
    assert steps.seen == [("in", "in", "5"), ("mid", "x", "5"), ("out", "y", "5")]


def test_idle_and_done() -> None:
    steps = Steps(CHAIN)
    assert steps.scheduler.idle
    steps.add("in", 5)
    assert not steps.scheduler.idle
    steps.next()
    assert not steps.scheduler.idle
    steps.finish("one")
    assert steps.scheduler.idle
    assert not steps.scheduler.done
    steps.scheduler.close_inputs()
    assert steps.scheduler.done


def test_node_works_on_one_input_set_at_a_time() -> None:
    steps = Steps(CHAIN)
    steps.add("in", 1, 2)
    assert steps.next() == "one process 1 in"
    assert steps.next() is None
    steps.add("in", 3)
    assert steps.next() is None
    steps.finish("one")
    assert steps.next() == "one process 2 in"


def test_nearest_to_the_outputs_first() -> None:
    steps = Steps(CHAIN)
    steps.add("in", 1, 2)
    steps.next()
    steps.finish("one", Packet("x", 1))
    assert [steps.next(), steps.next()] == ["two process 1 x", "one process 2 in"]


def test_what_runs_elsewhere_is_handed_out_before_what_runs_inline() -> None:
    device = 'device: "CPU"'
    steps = Steps(
        graph_inputs("in")
        + node("d1", "Double", "in", "d1", device)
        + node("i1", "Double", "in", "i1")
        + node("d2", "Double", "in", "d2", device)
        + node("i2", "Double", "in", "i2")
        + node("log", "Log", "in", "log", LOG)
        + 'input_side_packet: "log"',
        {"log": []},
        start=False,
    )
    steps.add("in", 0)
    steps.scheduler.start()
    assert [steps.next().split()[0] for _ in range(5)] == ["log", "d2", "d1", "i2", "i1"]  # type: ignore[union-attr]


class TestSideAndOpen:
    """What opens when."""

    TEXT = (
        'input_side_packet: "log" '
        + graph_inputs("in")
        + node("last", "LogAndPass", "mid", "out", LOG)
        + node("first", "LogAndPass", "in", "mid", LOG)
        + node("plain", "Double", "in", "twice")
    )

    def test_nodes_open_in_execution_order_and_once(self) -> None:
        steps = Steps(self.TEXT, {"log": []})
        assert steps.next() == "first open UNSTARTED"
        assert steps.next() == "last open UNSTARTED"
        assert steps.next() is None
        steps.scheduler.start()
        assert steps.next() is None

    def test_a_node_opens_before_it_processes(self) -> None:
        steps = Steps(self.TEXT, {"log": []})
        steps.add("in", 0)
        assert [steps.next(), steps.next()] == ["first open UNSTARTED", "last open UNSTARTED"]
        assert steps.next() == "plain process 0 in"
        assert steps.next() is None
        steps.finish("first")
        assert steps.next() == "first process 0 in"

    def test_packets_may_be_sent_in_open(self) -> None:
        steps = Steps(self.TEXT, {"log": []})
        steps.next()
        steps.finish("first", Packet("x", 3))
        assert steps.next() == "last open UNSTARTED"
        steps.finish("last")
        assert steps.next() == "last process 3 x"

    def test_opens_when_the_side_packets_are_there(self) -> None:
        steps = Steps(
            node("z", "Increment", "", "", 'input_side_packet: "VALUE:y" output_side_packet: "MORE:z"')
            + node("y", "Increment", "", "", 'input_side_packet: "VALUE:x" output_side_packet: "MORE:y"')
            + node("x", "Constant", "", "", 'output_side_packet: "VALUE:x"')
            + graph_inputs("in")
            + node("scale", "Scale", "in", "out", 'input_side_packet: "FACTOR:z"')
        )
        steps.add("in", 0)
        assert [steps.next(), steps.next()] == ["x open UNSTARTED", None]
        steps.finish("x", side_packets=[(0, 10)])
        assert [steps.next(), steps.next()] == ["y open UNSTARTED", None]
        steps.finish("y", side_packets=[(0, 11)])
        assert steps.next() == "z open UNSTARTED"
        steps.finish("z", side_packets=[(0, 12)])
        assert steps.next() == "scale open UNSTARTED"
        assert steps.scheduler.side_packets(steps.tasks["scale"]) == [12]
        steps.finish("scale")
        assert steps.next() == "scale process 0 in"

    def test_side_packet_may_be_none(self) -> None:
        steps = Steps('input_side_packet: "log"' + node("a", "Log", "", "", LOG), {"log": None})
        assert steps.next() == "a open UNSTARTED"

    def test_side_packet_is_set_once(self) -> None:
        steps = Steps(node("x", "Constant", "", "", 'output_side_packet: "VALUE:value"'))
        steps.next()
        steps.finish("x", side_packets=[(0, 1), (0, 2)])
        assert steps.error == ('node "x" (Constant): open failed: ValueError: the side packet "value" was set already')


class TestBounds:
    """What settles without packets."""

    def test_join_waits_until_all_streams_are_settled(self) -> None:
        steps = Steps(JOIN)
        steps.add("a", 1, 2)
        assert steps.next() is None
        steps.add("b", 2)
        assert steps.next() == "join process 1 a -"
        steps.finish("join")
        assert steps.next() == "join process 2 a b"

    def test_bound_of_the_application(self) -> None:
        steps = Steps(JOIN)
        steps.add("a", 1, 2)
        steps.set_bound("b", 2)
        assert [steps.next(), steps.next()] == ["join process 1 a -", None]

    def test_bound_only_rises(self) -> None:
        steps = Steps(JOIN)
        steps.add("a", 1, 2)
        steps.set_bound("b", 3)
        steps.set_bound("b", 0)
        assert steps.rest() == ["join process 1 a -", "join process 2 a -"]

    def test_closed_stream_holds_up_nobody(self) -> None:
        steps = Steps(JOIN)
        steps.set_bound("b", Timestamp.DONE)
        steps.add("a", 1, 2)
        assert steps.rest() == ["join process 1 a -", "join process 2 a -"]
        steps.set_bound("a", Timestamp.DONE)
        assert steps.scheduler.done

    def test_node_that_sends_nothing_settles_what_it_worked_on(self) -> None:
        steps = Steps(
            graph_inputs("in")
            + node("filter", "Threshold", "in", "ABOVE:above")
            + node("join", "Pair", "A:in B:above", "PAIR:pair")
        )
        steps.add("in", 1)
        assert [steps.next(), steps.next()] == ["filter process 1 in", None]
        steps.finish("filter")
        assert steps.next() == "join process 1 in -"

    SILENT_BRANCH = (
        graph_inputs("a b")
        + node("one", "Double", "b", "c")
        + node("two", "Double", "c", "d")
        + node("join", "Add", "A:a B:d", "SUM:sum")
    )

    def test_bounds_go_through_nodes_that_are_idle(self) -> None:
        steps = Steps(self.SILENT_BRANCH)
        steps.add("a", 1, 2)
        steps.set_bound("b", 2)
        assert steps.rest() == ["join process 1 a -"]
        steps.set_bound("b", Timestamp.DONE)
        assert steps.rest() == ["join process 2 a -"]

    def test_bounds_wait_for_nodes_that_work(self) -> None:
        steps = Steps(self.SILENT_BRANCH)
        steps.add("a", 1, 2)
        steps.add("b", 1)
        assert steps.next() == "one process 1 b"
        steps.set_bound("b", 9)
        assert steps.next() is None
        steps.finish("one")
        assert steps.rest() == ["join process 1 a -", "join process 2 a -"]

    def test_offset(self) -> None:
        steps = Steps(
            graph_inputs("a b") + node("later", "Later", "b", "c") + node("join", "Pair", "A:a B:c", "PAIR:pair")
        )
        steps.add("a", 11, 12, 14)
        steps.set_bound("b", 2)
        assert steps.rest() == ["join process 11 a -"]
        steps.add("b", 2)
        assert steps.next() == "later process 2 b"
        steps.finish("later")
        assert steps.rest() == ["join process 12 a -"]
        steps.set_bound("b", 5)
        assert steps.rest() == ["join process 14 a -"]

    def test_offset_does_not_shift_the_end(self) -> None:
        steps = Steps(
            graph_inputs("a b") + node("later", "Later", "b", "c") + node("join", "Pair", "A:a B:c", "PAIR:pair")
        )
        steps.add("a", Timestamp.MAX)
        steps.add("b", Timestamp.MAX - 3)
        steps.next()
        steps.finish("later")
        assert steps.next() is None
        steps.add("b", Timestamp.MAX)
        steps.next()
        steps.finish("later")
        assert steps.next() == "join process MAX a -"

    def test_node_without_a_promise_holds_up_joins_until_it_closes(self) -> None:
        steps = Steps(
            graph_inputs("in")
            + node("unpredictable", "Unpredictable", "in", "u")
            + node("join", "Pair", "A:in B:u", "PAIR:pair")
        )
        steps.add("in", 1)
        assert steps.rest() == ["unpredictable process 1 in"]
        steps.scheduler.close_inputs()
        assert steps.rest() == ["join process 1 in -"]


class TestImmediate:
    """The immediate policy."""

    TEXT = (
        graph_inputs("a b")
        + 'output_stream: "pair"'
        + node(
            "now",
            "Pair",
            "A:a B:b",
            "PAIR:pair",
            'input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" }',
        )
    )

    def test_waits_for_nobody_and_may_go_back(self) -> None:
        steps = Steps(self.TEXT)
        steps.add("a", 5, 6)
        steps.add("b", 1, 6)
        assert steps.rest() == ["now process 5 a -", "now process 1 - b", "now process 6 a b"]

    def test_settles_what_all_streams_have_settled(self) -> None:
        steps = Steps(self.TEXT + graph_inputs("c") + node("join", "Pair", "A:c B:pair", "PAIR:joined"))
        steps.add("c", 3)
        steps.add("a", 5)
        assert steps.next() == "now process 5 a -"
        steps.set_bound("b", 4)
        steps.finish("now")
        assert steps.next() == "join process 3 c -"

    def test_bound_beyond_all_timestamps_closes(self) -> None:
        steps = Steps(self.TEXT)
        steps.set_bound("a", 2**70)
        steps.set_bound("b", 2**70)
        assert steps.scheduler.done

    def test_closes_when_all_streams_are(self) -> None:
        steps = Steps(self.TEXT)
        steps.set_bound("a", Timestamp.DONE)
        assert not steps.scheduler.done
        steps.add("b", 1)
        steps.set_bound("b", Timestamp.DONE)
        assert steps.rest() == ["now process 1 - b"]
        assert steps.scheduler.done
        assert steps.scheduler.error is None


class TestTimestamps:
    """Which packets a stream takes."""

    @pytest.mark.parametrize(
        ("before", "timestamp", "reason"),
        [
            ([5], 5, "takes 6 or later now"),
            ([5], 4, "takes 6 or later now"),
            ([5], Timestamp.PRE_STREAM, "takes 6 or later now"),
            ([Timestamp.PRE_STREAM], 0, "takes nothing after the packet that it had"),
            ([Timestamp.PRE_STREAM], Timestamp.PRE_STREAM, "takes nothing after the packet that it had"),
            ([5], Timestamp.POST_STREAM, "had others: a packet at POST_STREAM must be the only one"),
            ([Timestamp.POST_STREAM], Timestamp.POST_STREAM, "had others"),
            ([Timestamp.MAX], Timestamp.MAX, "takes nothing after the packet that it had"),
            ([], Timestamp.UNSET, "takes no such timestamp; in open and close one must be given"),
            ([], Timestamp.UNSTARTED, "takes no such timestamp"),
            ([], Timestamp.ONE_OVER_POST_STREAM, "takes no such timestamp"),
            ([], Timestamp.DONE, "takes no such timestamp"),
        ],
    )
    def test_that_are_refused(self, before: list[int], timestamp: int, reason: str) -> None:
        steps = Steps(CHAIN)
        steps.add("in", *before, timestamp)
        assert type(steps.scheduler.error) is gf.GraphError
        found = Timestamp.describe(timestamp)
        assert steps.error.startswith(f'a packet at timestamp {found} was sent to stream "in", which {reason}')

    @pytest.mark.parametrize(
        "timestamps",
        [
            [Timestamp.PRE_STREAM],
            [Timestamp.POST_STREAM],
            [Timestamp.MIN, -1, 0, 1, Timestamp.MAX - 1, Timestamp.MAX],
        ],
    )
    def test_that_are_taken(self, timestamps: list[int]) -> None:
        steps = Steps(CHAIN)
        steps.add("in", *timestamps)
        assert steps.rest() == [f"one process {Timestamp.describe(timestamp)} in" for timestamp in timestamps]
        assert steps.scheduler.error is None

    def test_post_stream_may_follow_bounds(self) -> None:
        steps = Steps(CHAIN)
        steps.set_bound("in", 100)
        steps.add("in", Timestamp.POST_STREAM)
        assert steps.rest() == ["one process POST_STREAM in"]

    def test_closed_stream_takes_nothing(self) -> None:
        steps = Steps(CHAIN + node("other", "Double", "in", "other"))
        steps.add("in", 1)
        steps.next()
        steps.scheduler.close_inputs()
        steps.add("in", 2)
        assert steps.error == 'a packet at timestamp 2 was sent to stream "in", which is closed'

    def test_pre_stream_goes_before_all_else(self) -> None:
        steps = Steps(JOIN)
        steps.add("a", Timestamp.PRE_STREAM)
        steps.add("b", 0)
        assert steps.next() == "join process PRE_STREAM a -"
        steps.finish("join")
        assert steps.next() == "join process 0 - b"
        steps.finish("join", Packet("sum", 0))
        assert steps.scheduler.error is None

    def test_node_that_sends_a_bad_one_fails(self) -> None:
        steps = Steps(CHAIN)
        steps.add("in", 5)
        steps.next()
        steps.finish("one", Packet("x", 5), Packet("y", 5))
        assert isinstance(steps.scheduler.error, gf.CalculatorError)
        assert steps.error == (
            'node "one" (Double): process failed at timestamp 5: ValueError: '
            'a packet at timestamp 5 was sent to stream "mid", which takes 6 or later now'
        )


LOGGED = (
    'input_side_packet: "log" '
    + graph_inputs("in")
    + node("a", "LogAndPass", "in", "mid", LOG)
    + node("b", "LogAndPass", "mid", "out", LOG)
)


def opened() -> Steps:
    """Two nodes in a row that have opened."""
    steps = Steps(LOGGED, {"log": []})
    assert steps.rest() == ["a open UNSTARTED", "b open UNSTARTED"]
    return steps


class TestClose:
    """How a run ends."""

    def test_nodes_close_after_what_was_sent_to_them(self) -> None:
        steps = opened()
        steps.add("in", 1)
        steps.scheduler.close_inputs()
        assert steps.next() == "a process 1 in"
        steps.finish("a", Packet("x", 1))
        assert [steps.next(), steps.next()] == ["b process 1 x", "a close DONE"]
        steps.finish("a", Packet("last", 9))
        steps.finish("b")
        assert steps.next() == "b process 9 last"
        steps.finish("b")
        assert not steps.scheduler.done
        assert steps.next() == "b close DONE"
        steps.finish("b", Packet("end", 10))
        assert steps.scheduler.done
        assert steps.seen[-1] == ("out", "end", "10")

    def test_not_done_before_all_inputs_are_closed(self) -> None:
        steps = Steps(graph_inputs("in unused") + node("one", "Double", "in", "out"))
        steps.set_bound("in", Timestamp.DONE)
        assert not steps.scheduler.done
        steps.add("unused", 3)
        assert steps.seen == [("unused", "unused", "3")]
        steps.set_bound("unused", Timestamp.DONE)
        assert steps.scheduler.done

    def test_graph_without_inputs_ends_by_itself(self) -> None:
        steps = Steps(node("x", "Constant", "", "", 'output_side_packet: "VALUE:value"'))
        assert steps.rest() == ["x open UNSTARTED"]
        assert steps.scheduler.done


class TestFailure:
    """How a run ends that failed."""

    ERROR = gf.GraphError("it failed")

    def test_what_was_sent_is_dropped_and_what_is_open_closes(self) -> None:
        steps = opened()
        steps.add("in", 1, 2)
        steps.next()
        steps.finish("a", Packet("x", 1), error=self.ERROR)
        assert steps.rest() == ["b close DONE", "a close DONE"]
        assert steps.scheduler.done
        assert steps.scheduler.error is self.ERROR
        assert [stream for stream, _, _ in steps.seen] == ["in", "in"]

    def test_what_is_ready_is_not_begun(self) -> None:
        steps = opened()
        steps.add("in", 1, 2)
        steps.next()
        steps.finish("a", Packet("x", 1))
        steps.scheduler.fail(self.ERROR)
        assert steps.rest() == ["b close DONE", "a close DONE"]

    def test_nodes_that_work_come_to_their_end_first(self) -> None:
        steps = opened()
        steps.add("in", 1, 2)
        steps.next()
        steps.finish("a", Packet("x", 1))
        assert [steps.next(), steps.next()] == ["b process 1 x", "a process 2 in"]
        steps.finish("a", error=self.ERROR)
        assert steps.next() is None
        steps.finish("b", Packet("y", 1))
        assert steps.rest() == ["b close DONE", "a close DONE"]
        assert ("out", "y", "1") not in steps.seen

    def test_what_did_not_open_does_not_close(self) -> None:
        steps = Steps(LOGGED, {"log": []})
        steps.next()
        steps.finish("a", error=self.ERROR)
        assert steps.rest() == []
        assert steps.scheduler.done

    def test_what_opens_meanwhile_does(self) -> None:
        steps = Steps(LOGGED, {"log": []})
        assert [steps.next(), steps.next()] == ["a open UNSTARTED", "b open UNSTARTED"]
        steps.finish("a", error=self.ERROR)
        steps.finish("b")
        assert steps.rest() == ["b close DONE"]

    def test_what_opened_but_sent_nonsense_does(self) -> None:
        steps = Steps(LOGGED, {"log": []})
        steps.next()
        steps.finish("a", Packet("x", Timestamp.UNSTARTED))
        assert 'node "a" (LogAndPass): open failed: ValueError: a packet at timestamp UNSTARTED' in steps.error
        assert steps.rest() == ["a close DONE"]

    def test_nobody_closes_twice(self) -> None:
        steps = opened()
        steps.scheduler.close_inputs()
        assert steps.next() == "a close DONE"
        steps.finish("a", Packet("x", Timestamp.DONE))
        assert 'node "a" (LogAndPass): close failed: ValueError: a packet at timestamp DONE' in steps.error
        assert steps.rest() == ["b close DONE"]
        assert steps.scheduler.done

    def test_failure_of_the_last_to_close_counts(self) -> None:
        steps = opened()
        steps.scheduler.close_inputs()
        steps.next()
        steps.finish("a")
        assert steps.next() == "b close DONE"
        steps.finish("b", error=self.ERROR)
        assert steps.scheduler.done
        assert steps.scheduler.error is self.ERROR

    def test_the_first_error_stays(self) -> None:
        steps = opened()
        steps.scheduler.fail(self.ERROR)
        steps.scheduler.fail(gf.GraphError("another"))
        steps.next()
        steps.finish("b", error=gf.GraphError("close failed too"))
        assert steps.rest() == ["a close DONE"]
        assert steps.scheduler.error is self.ERROR

    def test_nothing_from_outside_counts_any_more(self) -> None:
        steps = opened()
        steps.add("in", 1)
        steps.next()
        steps.finish("a", Packet("x", 1))
        assert steps.next() == "b process 1 x"
        steps.scheduler.fail(self.ERROR)
        steps.add("in", 2)
        steps.set_bound("in", 5)
        steps.scheduler.close_inputs()
        steps.scheduler.flush(steps.tasks["b"], [(0, Packet("y", 1))])
        assert steps.next() is None
        steps.finish("b")
        assert steps.rest() == ["b close DONE", "a close DONE"]
        assert ("out", "y", "1") not in steps.seen

    def test_a_run_that_has_ended_does_not_fail(self) -> None:
        steps = opened()
        steps.scheduler.close_inputs()
        steps.rest()
        steps.scheduler.fail(self.ERROR)
        assert steps.scheduler.error is None

    def test_observer_that_raises(self) -> None:
        steps = opened()

        def observe(packet: Packet) -> None:
            raise KeyError("no such image")

        steps.scheduler._streams[steps.plan.streams.index("mid")].observers.append(observe)
        steps.add("in", 1)
        steps.next()
        steps.finish("a", Packet("x", 1))
        assert type(steps.scheduler.error) is gf.GraphError
        assert steps.error == "an observer of stream \"mid\" failed at timestamp 1: KeyError: 'no such image'"
        assert steps.rest() == ["b close DONE", "a close DONE"]


def test_flush_delivers_while_a_node_works() -> None:
    steps = Steps(CHAIN)
    steps.add("in", 5)
    steps.next()
    steps.scheduler.flush(steps.tasks["one"], [(0, Packet("x", 5)), (0, Packet("y", 6))])
    assert steps.next() == "two process 5 x"
    steps.finish("two")
    assert steps.next() == "two process 6 y"
    steps.finish("one", Packet("z", 7))
    steps.finish("two")
    assert steps.next() == "two process 7 z"


def test_flush_of_a_bad_timestamp_fails_the_node() -> None:
    steps = Steps(CHAIN)
    steps.add("in", 5)
    steps.next()
    steps.scheduler.flush(steps.tasks["one"], [(0, Packet("x", 5)), (0, Packet("y", 5))])
    assert steps.error.startswith('node "one" (Double): process failed at timestamp 5: ValueError: a packet at')
    steps.finish("one")
    assert steps.scheduler.done
