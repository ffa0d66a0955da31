"""The order in which nodes open and process."""

from __future__ import annotations

from graphframe import Packet
from tests.framework import toys
from tests.framework.steps import CHAIN, LOG, Steps, graph_inputs, node

assert toys


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
    assert steps.run.idle
    steps.add("in", 5)
    assert not steps.run.idle
    steps.next()
    assert not steps.run.idle
    steps.finish("one")
    assert steps.run.idle
    assert not steps.run.done
    steps.scheduler.close_inputs()
    assert steps.run.done


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
    """Side packets, and the order in which nodes open."""

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
        assert 12 in steps.run.side_packets
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


def test_flush_delivers_while_a_node_works() -> None:
    steps = Steps(CHAIN)
    steps.add("in", 5)
    steps.next()
    steps.scheduler.flush(steps.tasks["one"][0], [(0, Packet("x", 5)), (0, Packet("y", 6))])
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
    steps.scheduler.flush(steps.tasks["one"][0], [(0, Packet("x", 5)), (0, Packet("y", 5))])
    assert steps.error.startswith('node "one" (Double): process failed at timestamp 5: ValueError: a packet at')
    steps.finish("one")
    assert steps.run.done
