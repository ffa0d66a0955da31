"""Timestamps that settle without packets, and the packets that a stream takes."""

from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import Packet, Timestamp
from tests.framework import toys
from tests.framework.steps import CHAIN, JOIN, Steps, graph_inputs, node

assert toys


class TestBounds:
    """Timestamps that settle without packets."""

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

    def test_closed_stream_delays_no_node(self) -> None:
        steps = Steps(JOIN)
        steps.set_bound("b", Timestamp.DONE)
        steps.add("a", 1, 2)
        assert steps.rest() == ["join process 1 a -", "join process 2 a -"]
        steps.set_bound("a", Timestamp.DONE)
        assert steps.run.done

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

    def test_waits_for_no_other_and_may_go_back(self) -> None:
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
        assert steps.run.done

    def test_closes_when_all_streams_are(self) -> None:
        steps = Steps(self.TEXT)
        steps.set_bound("a", Timestamp.DONE)
        assert not steps.run.done
        steps.add("b", 1)
        steps.set_bound("b", Timestamp.DONE)
        assert steps.rest() == ["now process 1 - b"]
        assert steps.run.done
        assert steps.run.error is None


class TestTimestamps:
    """Which packets a stream takes."""

    @pytest.mark.parametrize(
        ("before", "timestamp", "reason"),
        [
            ([5], 5, "now takes timestamp 6 or later"),
            ([5], 4, "now takes timestamp 6 or later"),
            ([5], Timestamp.PRE_STREAM, "now takes timestamp 6 or later"),
            ([Timestamp.PRE_STREAM], 0, "takes no packet after its last one"),
            ([Timestamp.PRE_STREAM], Timestamp.PRE_STREAM, "takes no packet after its last one"),
            ([5], Timestamp.POST_STREAM, "had other packets: a packet at POST_STREAM must be the only one"),
            ([Timestamp.POST_STREAM], Timestamp.POST_STREAM, "had other packets"),
            ([Timestamp.MAX], Timestamp.MAX, "takes no packet after its last one"),
            ([], Timestamp.UNSET, "cannot take this timestamp; in open and close, pass a timestamp to cc.send"),
            ([], Timestamp.UNSTARTED, "cannot take this timestamp"),
            ([], Timestamp.ONE_OVER_POST_STREAM, "cannot take this timestamp"),
            ([], Timestamp.DONE, "cannot take this timestamp"),
        ],
    )
    def test_that_are_refused(self, before: list[int], timestamp: int, reason: str) -> None:
        steps = Steps(CHAIN)
        steps.add("in", *before, timestamp)
        assert type(steps.run.error) is gf.GraphError
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
        assert steps.run.error is None

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
        assert steps.run.error is None

    def test_node_that_sends_a_bad_one_fails(self) -> None:
        steps = Steps(CHAIN)
        steps.add("in", 5)
        steps.next()
        steps.finish("one", Packet("x", 5), Packet("y", 5))
        assert isinstance(steps.run.error, gf.CalculatorError)
        assert steps.error == (
            'node "one" (Double): process failed at timestamp 5: ValueError: '
            'a packet at timestamp 5 was sent to stream "mid", which now takes timestamp 6 or later'
        )
