"""Sources, queues that fill, and nodes that work on several input sets at once."""

from __future__ import annotations

import graphframe as gf
from graphframe import Packet, Timestamp
from tests.framework.steps import JOIN, Steps, graph_inputs, node

SOURCE = node("source", "Numbers", "", "n")


@gf.register
class Numbers(gf.Calculator):
    """A source; the tests do its work."""

    out = gf.Output("", multiple=True)

    def process(self, cc: gf.Context) -> None:
        raise NotImplementedError


class TestSources:
    def test_source_works_until_it_stops(self) -> None:
        steps = Steps(SOURCE)
        for timestamp in (0, 1):
            assert steps.next() == "source process 0"
            assert steps.next() is None
            steps.finish("source", Packet("n", timestamp))
        steps.next()
        steps.finish("source", stop=True)
        assert steps.next() is None
        assert steps.run.done

    def test_what_is_queued_comes_first(self) -> None:
        steps = Steps(SOURCE + node("pass", "Double", "n", "m"))
        steps.next()
        steps.finish("source", Packet("n", 0))
        assert [steps.next(), steps.next()] == ["pass process 0 n", "source process 0"]

    def test_the_source_that_is_least_far_comes_first(self) -> None:
        steps = Steps(node("a", "Numbers", "", "a") + node("b", "Numbers", "", "b"))
        assert [steps.next(), steps.next()] == ["a process 0", "b process 0"]
        steps.finish("a", Packet("a", 7))
        steps.finish("b", Packet("b", 3))
        assert [steps.next(), steps.next()] == ["b process 0", "a process 0"]

    def test_a_layer_waits_for_those_below_it(self) -> None:
        steps = Steps(
            node("second", "Numbers", "", "b", "source_layer: 1")
            + node("first", "Numbers", "", "a")
            + node("pass", "Double", "a", "c")
        )
        assert steps.next() == "first process 0"
        assert steps.next() is None
        steps.finish("first", Packet("a", 0), stop=True)
        assert steps.next() == "pass process 0 a"
        steps.finish("pass")
        assert steps.next() == "second process 0"

    def test_stop_of_another_node_ends_sources_and_inputs(self) -> None:
        steps = Steps(SOURCE + graph_inputs("in") + node("pass", "Double", "in", "out"))
        steps.add("in", 1, 2)
        assert steps.next() == "pass process 1 in"
        steps.finish("pass", stop=True)
        assert steps.rest() == ["pass process 2 in"]
        assert steps.run.done
        assert steps.run.error is None


class TestFullQueues:
    def test_input_is_throttled_while_a_queue_is_full(self) -> None:
        steps = Steps("max_queue_size: 2 " + JOIN)
        steps.add("a", 1)
        assert not self.throttled(steps)
        steps.add("a", 2)
        assert self.throttled(steps) == {"a"}
        steps.add("b", 1)
        assert not self.throttled(steps)

    def test_source_is_throttled_while_a_queue_is_full(self) -> None:
        steps = Steps("max_queue_size: 1 " + SOURCE + node("pass", "Double", "n", "m"))
        steps.next()
        steps.finish("source", Packet("n", 0))
        assert steps.next() == "pass process 0 n"
        assert steps.next() == "source process 0"
        steps.finish("source", Packet("n", 1))
        assert steps.next() is None
        steps.finish("pass")
        assert [steps.next(), steps.next()] == ["pass process 1 n", "source process 0"]

    def test_queues_grow_rather_than_stop_the_run(self) -> None:
        steps = Steps("max_queue_size: 2 " + JOIN)
        steps.add("a", 1, 2)
        assert self.throttled(steps) == {"a"}
        assert steps.next() is None
        assert not self.throttled(steps)
        steps.add("a", 3)
        assert self.throttled(steps) == {"a"}

    def test_or_they_fail_it(self) -> None:
        steps = Steps("max_queue_size: 2 report_deadlock: true " + JOIN)
        steps.add("a", 1, 2)
        assert steps.next() is None
        assert steps.run.error is None  # no thread waits
        steps.run.throttle.waiting.append((steps.plan.inputs.number("a"), lambda: None))
        assert steps.next() is None
        assert steps.error.splitlines()[:3] == [
            "the run is in a deadlock: queues are full",
            'node "join" (Add) waits for input',
            '    stream "a": 2 queued from timestamp 1 to 2, which is full at 2; packets from timestamp 3 may follow',
        ]

    def test_nothing_is_throttled_without_a_limit(self) -> None:
        steps = Steps("max_queue_size: -1 " + JOIN)
        steps.add("a", *range(1000))
        assert not self.throttled(steps)

    @staticmethod
    def throttled(steps: Steps) -> set[str]:
        return {steps.plan.streams[number] for number, count in steps.run.throttle.held.items() if count}


class TestInFlight:
    TEXT = graph_inputs("in") + node("slow", "Double", "in", "out", "max_in_flight: 3")

    def started(self, count: int) -> Steps:
        steps = Steps(self.TEXT)
        steps.add("in", *range(count))
        while steps.next():
            pass
        return steps

    def test_as_many_as_are_allowed(self) -> None:
        steps = Steps(self.TEXT)
        steps.add("in", *range(5))
        assert [steps.next() for _ in range(4)] == [*(f"slow process {i} in" for i in range(3)), None]

    def test_results_leave_in_order(self) -> None:
        steps = self.started(3)
        steps.finish("slow", Packet("c", 2), at=2)
        steps.finish("slow", Packet("b", 1), at=1)
        assert [seen for seen in steps.seen if seen[0] == "out"] == []
        steps.finish("slow", Packet("a", 0), at=0)
        assert [seen[1] for seen in steps.seen if seen[0] == "out"] == ["a", "b", "c"]

    def test_bounds_do_not_overtake_results(self) -> None:
        steps = self.started(2)
        steps.set_bound("in", 9)
        out = steps.run.streams[steps.plan.streams.index("out")]
        steps.finish("slow", at=1)
        assert out.bound == Timestamp.PRE_STREAM
        steps.finish("slow", at=0)
        assert out.bound == 9

    def test_closes_when_the_last_is_back(self) -> None:
        steps = self.started(2)
        steps.scheduler.close_inputs()
        steps.finish("slow", at=1)
        assert not steps.run.done
        steps.finish("slow", at=0)
        assert steps.run.done

    def test_failure_ends_the_run_when_the_others_are_back(self) -> None:
        steps = self.started(3)
        steps.finish("slow", Packet("c", 2), at=2)
        steps.finish("slow", at=1, error=gf.GraphError("broken"))
        assert not steps.run.done
        steps.finish("slow", at=0)
        assert steps.run.done
        assert steps.error == "broken"
        assert [seen for seen in steps.seen if seen[0] == "out"] == []

    def test_flushed_packets_wait_for_their_turn(self) -> None:
        steps = self.started(2)
        steps.scheduler.flush(steps.tasks["slow"][1], [(0, Packet("b", 1))])
        steps.finish("slow", Packet("a", 0), at=0)
        steps.finish("slow", at=1)
        assert [seen[1] for seen in steps.seen if seen[0] == "out"] == ["a", "b"]

    def test_flushed_packets_leave_as_soon_as_it_is_their_turn(self) -> None:
        steps = self.started(2)
        slow = steps.tasks["slow"][1]
        steps.scheduler.flush(slow, [(0, Packet("b", 1))])
        steps.scheduler.flush(slow, [(0, Packet("c", 2))])
        steps.finish("slow", Packet("a", 0), at=0)
        assert [seen[1] for seen in steps.seen if seen[0] == "out"] == ["a", "b", "c"]
        steps.scheduler.flush(slow, [(0, Packet("d", 3))])
        steps.finish("slow", Packet("e", 4))
        assert [seen[1] for seen in steps.seen if seen[0] == "out"] == ["a", "b", "c", "d", "e"]


class TestBackEdges:
    LOOP = (
        graph_inputs("in")
        + node("join", "Add", "A:in B:back", "SUM:sum", 'input_stream_info { tag_index: "B" back_edge: true }')
        + node("again", "Double", "sum", "back")
    )

    def test_back_edge_carries_packets(self) -> None:
        immediate = 'input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" }'
        steps = Steps(immediate + self.LOOP)
        steps.add("in", 1)
        assert steps.next() == "join process 1 in -"
        steps.finish("join", Packet("sum", 1))
        assert steps.next() == "again process 1 sum"
        steps.finish("again", Packet("back", 1))
        assert steps.next() == "join process 1 - back"

    def test_closes_when_nothing_can_come_round(self) -> None:
        steps = Steps(self.LOOP)
        steps.add("in", 1)
        steps.scheduler.close_inputs()
        assert steps.rest() == ["join process 1 in -"]
        assert steps.run.done
        assert steps.run.error is None
