from __future__ import annotations

import threading

import pytest

import graphframe as gf
from graphframe.framework.running.scheduling.explanation import explain
from tests.framework.steps import JOIN, LOG, Steps, graph_inputs, node
from tests.framework.waiting import SECONDS


def explained(steps: Steps) -> list[str]:
    return explain(steps.run).splitlines()


def test_node_that_waits_for_a_stream() -> None:
    steps = Steps(JOIN)
    steps.add("a", 1, 2)
    steps.set_bound("b", 1)
    assert explained(steps) == [
        'node "join" (Add) waits for input',
        '    stream "a": 2 queued from timestamp 1 to 2; packets from timestamp 3 may follow',
        '    stream "b": no packets queued; packets from timestamp 1 may follow',
        'the graph\'s input stream "a" is open: packets from timestamp 3 may follow',
        'the graph\'s input stream "b" is open: packets from timestamp 1 may follow',
    ]


def test_node_that_works() -> None:
    steps = Steps(JOIN)
    steps.add("a", 1)
    steps.add("b", 1)
    steps.scheduler.close_inputs()
    assert steps.next()
    assert explained(steps) == [
        'node "join" (Add) works, at timestamp 1',
        '    stream "a": no packets queued; closed',
        '    stream "b": no packets queued; closed',
    ]


def test_node_that_waits_for_a_side_packet() -> None:
    steps = Steps(
        node("give", "Constant", "", "", 'output_side_packet: "VALUE:factor"')
        + graph_inputs("in")
        + node("scale", "Scale", "in", "out", 'input_side_packet: "FACTOR:factor"')
    )
    assert 'node "scale" (Scale) is not open; it waits for side packets: factor' in explained(steps)


def test_nodes_of_which_several_work() -> None:
    steps = Steps(graph_inputs("in") + node("slow", "Double", "in", "out", "max_in_flight: 3"))
    steps.add("in", 1, 2, 3)
    assert explained(steps)[0] == 'node "slow" (Double) works, at timestamp 3 and 2 before it'


def test_nothing_waits_in_the_end() -> None:
    steps = Steps('input_side_packet: "log"' + node("log", "Log", "", "", LOG), {"log": []})
    steps.rest()
    assert explained(steps) == ["all nodes are closed"]


def test_what_is_throttled() -> None:
    steps = Steps("max_queue_size: 1 " + JOIN)
    steps.add("a", 1)
    assert 'the graph\'s input stream "a" is open, and is throttled: packets from timestamp 2 may follow' in (
        explained(steps)
    )


def test_observer_that_does_not_return() -> None:
    entered, released = threading.Event(), threading.Event()

    def observe(_: gf.Packet) -> None:
        entered.set()
        released.wait(SECONDS)

    text = 'input_stream: "in" output_stream: "out" ' + node("double", "Double", "in", "out")
    run = gf.Graph.from_text(text).start_run(observers={"out": observe})
    adding = threading.Thread(target=run.add, args=("in", 1), name="camera")
    adding.start()
    assert entered.wait(SECONDS)
    with pytest.raises(TimeoutError, match='delayed by an observer or callback in thread "camera"'):
        run.wait_until_done(0)
    released.set()
    adding.join(SECONDS)
    run.close_inputs()
    run.wait_until_done(SECONDS)
