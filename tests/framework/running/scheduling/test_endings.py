"""How runs end, and how they fail."""

from __future__ import annotations

import graphframe as gf
from graphframe import Packet, Timestamp
from tests.framework import toys
from tests.framework.steps import LOG, Steps, graph_inputs, node

assert toys


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
        assert not steps.run.done
        assert steps.next() == "b close DONE"
        steps.finish("b", Packet("end", 10))
        assert steps.run.done
        assert steps.seen[-1] == ("out", "end", "10")

    def test_not_done_before_all_inputs_are_closed(self) -> None:
        steps = Steps(graph_inputs("in unused") + node("one", "Double", "in", "out"))
        steps.set_bound("in", Timestamp.DONE)
        assert not steps.run.done
        steps.add("unused", 3)
        assert steps.seen == [("unused", "unused", "3")]
        steps.set_bound("unused", Timestamp.DONE)
        assert steps.run.done

    def test_graph_without_inputs_ends_by_itself(self) -> None:
        steps = Steps(node("x", "Constant", "", "", 'output_side_packet: "VALUE:value"'))
        assert steps.rest() == ["x open UNSTARTED"]
        assert steps.run.done


class TestFailure:
    """How a run ends that failed."""

    ERROR = gf.GraphError("it failed")

    def test_what_was_sent_is_dropped_and_what_is_open_closes(self) -> None:
        steps = opened()
        steps.add("in", 1, 2)
        steps.next()
        steps.finish("a", Packet("x", 1), error=self.ERROR)
        assert steps.rest() == ["b close DONE", "a close DONE"]
        assert steps.run.done
        assert steps.run.error is self.ERROR
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
        assert steps.run.done

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

    def test_no_node_closes_twice(self) -> None:
        steps = opened()
        steps.scheduler.close_inputs()
        assert steps.next() == "a close DONE"
        steps.finish("a", Packet("x", Timestamp.DONE))
        assert 'node "a" (LogAndPass): close failed: ValueError: a packet at timestamp DONE' in steps.error
        assert steps.rest() == ["b close DONE"]
        assert steps.run.done

    def test_failure_of_the_last_to_close_counts(self) -> None:
        steps = opened()
        steps.scheduler.close_inputs()
        steps.next()
        steps.finish("a")
        assert steps.next() == "b close DONE"
        steps.finish("b", error=self.ERROR)
        assert steps.run.done
        assert steps.run.error is self.ERROR

    def test_the_first_error_stays(self) -> None:
        steps = opened()
        steps.scheduler.fail(self.ERROR)
        steps.scheduler.fail(gf.GraphError("another"))
        steps.next()
        steps.finish("b", error=gf.GraphError("close failed too"))
        assert steps.rest() == ["a close DONE"]
        assert steps.run.error is self.ERROR

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
        steps.scheduler.flush(steps.tasks["b"][0], [(0, Packet("y", 1))])
        assert steps.next() is None
        steps.finish("b")
        assert steps.rest() == ["b close DONE", "a close DONE"]
        assert ("out", "y", "1") not in steps.seen

    def test_a_run_that_has_ended_does_not_fail(self) -> None:
        steps = opened()
        steps.scheduler.close_inputs()
        steps.rest()
        steps.scheduler.fail(self.ERROR)
        assert steps.run.error is None

    def test_observer_that_raises(self) -> None:
        steps = opened()

        def observe(packet: Packet) -> None:
            raise KeyError("no such image")

        steps.run.streams[steps.plan.streams.index("mid")].observers = [observe]
        steps.add("in", 1)
        steps.next()
        steps.finish("a", Packet("x", 1))
        assert type(steps.run.error) is gf.GraphError
        assert steps.error == "an observer of stream \"mid\" failed at timestamp 1: KeyError: 'no such image'"
        assert steps.rest() == ["b close DONE", "a close DONE"]
