"""Queues, throttling, deadlocks, sets in flight, source layers: after calculator_graph_event_loop_test.cc,
calculator_graph_stopping_test.cc, calculator_parallel_execution_test.cc and calculator_graph_test.cc."""

from __future__ import annotations

import threading

import pytest

import graphframe as gf
from tests.framework.conformance.queues.flow import ENDLESS, GATED, JOIN, RANGE, filled
from tests.framework.conformance.runs import failure, finish, idle, start
from tests.framework.toys import Call
from tests.framework.waiting import Semaphore


def test_try_to_add() -> None:
    """CalculatorGraphEventLoopTest.TryToAddPacketToInputStream: UNAVAILABLE "Graph is throttled."."""
    run, seen, gate = filled(2)
    assert not run.try_add("a", 9, 9)
    gate.go_on()
    gate.entered()
    while not run.try_add("a", 9, 9):
        gate.go_on()
        gate.entered()
    gate.go_on(100)
    finish(run)
    assert [packet.value for packet in seen["b"]] == [0, 1, 2, 9]


def test_wait_to_add() -> None:
    """CalculatorGraphEventLoopTest.WaitToAddPacketToInputStream: blocks until there is room; none is lost."""
    run, seen, gate = filled(2)
    gate.go_on(1000)
    for timestamp in range(3, 100):
        run.add("a", timestamp, timestamp)
    finish(run)
    assert [packet.value for packet in seen["b"]] == list(range(100))


def test_waiting_to_add_ends_with_the_run() -> None:
    """CalculatorGraphEventLoopTest: who waits for room hears of an error."""
    run, _, gate = filled(2)
    errors: list[BaseException] = []
    about_to = threading.Event()

    def add() -> None:
        about_to.set()
        try:
            run.add("a", 9, 9)
        except gf.GraphError as error:
            errors.append(error)

    adder = threading.Thread(target=add)
    adder.start()
    assert about_to.wait(30)
    run.cancel("enough")
    gate.go_on(100)
    adder.join(30)
    assert [str(error) for error in errors] == ["enough"]


def test_throttled_twice() -> None:
    """CalculatorGraphEventLoopTest.ThrottleGraphInputStreamTwice: two full queues hold one input; both must empty."""
    gates = Semaphore(), Semaphore()
    run, seen = start(
        """
        input_stream: "a" output_stream: "b" output_stream: "c" max_queue_size: 1 num_threads: 2
        input_side_packet: "one" input_side_packet: "two"
        node { calculator: "Call" input_stream: "a" output_stream: "b" input_side_packet: "PROCESS:one" }
        node { calculator: "Call" input_stream: "a" output_stream: "c" input_side_packet: "PROCESS:two" }
        """,
        {"one": gates[0], "two": gates[1]},
    )
    run.add("a", 0, 0)
    for gate in gates:
        gate.entered()
    run.add("a", 1, 1)
    assert not run.try_add("a", 2, 2)
    gates[0].go_on()
    gates[0].entered()
    assert not run.try_add("a", 2, 2)
    gates[1].go_on()
    gates[1].entered()
    run.add("a", 2, 2)
    for gate in gates:
        gate.go_on(100)
    finish(run)
    assert seen["b"] == seen["c"] == [(0, 0), (1, 1), (2, 2)]


def test_no_limit() -> None:
    """CalculatorGraphConfig.max_queue_size -1: nothing is throttled."""
    gate = Semaphore()
    run, seen = start(f"max_queue_size: -1 {GATED}", {"process": gate})
    for timestamp in range(500):
        assert run.try_add("a", timestamp, timestamp)
    gate.go_on(500)
    finish(run)
    assert len(seen["b"]) == 500


def test_set_input_stream_max_queue_size_works_slow_calculator() -> None:
    """CalculatorGraph.SetInputStreamMaxQueueSizeWorksSlowCalculator; another stream keeps the graph's limit."""
    gates = Semaphore(), Semaphore()
    run, seen = start(
        """
        input_stream: "in" input_stream: "in_2" output_stream: "out" max_queue_size: 100 num_threads: 2
        input_side_packet: "one" input_side_packet: "two"
        node { calculator: "Call" input_stream: "in" output_stream: "out" input_side_packet: "PROCESS:one" }
        node { calculator: "Call" input_stream: "in_2" output_stream: "out_2" input_side_packet: "PROCESS:two" }
        """,
        {"one": gates[0], "two": gates[1]},
    )
    run.set_max_queue_size("in", 1)
    run.add("in_2", 0, 0)
    run.add("in", 0, 0)
    for timestamp in range(1, 20):
        gates[0].entered()
        run.add("in", timestamp, timestamp)
        assert not run.try_add("in", timestamp, timestamp + 1)
        assert run.try_add("in_2", timestamp, timestamp)
        gates[0].go_on()
    gates[0].go_on(20)
    gates[1].go_on(20)
    finish(run)
    assert [packet.value for packet in seen["out"]] == list(range(20))


def test_a_queue_is_limited_while_it_is_full() -> None:
    """CalculatorGraph::SetInputStreamMaxQueueSize while a run goes on: a lower limit throttles, a higher one frees."""
    run, seen, gate = filled(2)
    assert not run.try_add("a", 3, 3)
    run.set_max_queue_size("a", 3)
    assert run.try_add("a", 3, 3)
    assert not run.try_add("a", 4, 4)
    run.set_max_queue_size("a", -1)
    assert run.try_add("a", 4, 4)
    run.set_max_queue_size("a", 1)
    assert not run.try_add("a", 5, 5)
    gate.go_on(100)
    finish(run)
    assert [packet.value for packet in seen["b"]] == [0, 1, 2, 3, 4]


def test_limits_that_are_none() -> None:
    run, _, gate = filled(1)
    for size in (0, -2):
        with pytest.raises(ValueError, match="the size of a queue is at least 1, or -1 for no limit"):
            run.set_max_queue_size("a", size)
    with pytest.raises(gf.GraphError, match='no input stream "aa"'):
        run.set_max_queue_size("aa", 1)
    gate.go_on(100)
    finish(run)


@pytest.mark.parametrize(("size", "hint", "expected"), [("", "", 100), ("max_queue_size: 2", "buffer_size_hint: 7", 7)])
def test_size_of_queues(size: str, hint: str, expected: int) -> None:
    """CalculatorGraphConfig.max_queue_size: 100; buffer_size_hint of a node raises it for the whole graph."""
    gate = Semaphore()
    text = GATED.replace(
        'output_stream: "b" input_side_packet: "PROCESS', f'output_stream: "b" {hint} input_side_packet: "PROCESS'
    )
    run, _ = start(size + text, {"process": gate})
    run.add("a", 0, 0)
    gate.entered()
    added = 1
    while run.try_add("a", added, added):
        added += 1
    assert added == expected + 1
    gate.go_on(200)
    finish(run)


def test_fast_source_slow_sink() -> None:
    """CalculatorGraph.FastSourceSlowSink: a source is not called while a queue after it is full."""
    run, seen = start(
        'max_queue_size: 5 output_stream: "a" input_side_packet: "count"' + RANGE % ("s", "a", ""),
        ENDLESS,
        pollers=["a"],
    )
    idle(run)
    assert len(seen["a"]) == 5
    for number in range(3):
        assert run.pollers["a"].next(30) == (number, number)
    idle(run)
    assert len(seen["a"]) == 8
    run.cancel()


def test_all_ancestors_are_throttled() -> None:
    """CalculatorGraph: a full queue holds the sources that feed it, not the node before it."""
    run, seen = start(
        'max_queue_size: 4 output_stream: "other" output_stream: "number" output_stream: "square"'
        'input_side_packet: "count"'
        + RANGE % ("s", "number", "")
        + RANGE % ("t", "other", "")
        + 'node { calculator: "SquareIntCalculator" input_stream: "number" output_stream: "square" }',
        {"count": 20},
        pollers=["square"],
    )
    idle(run)
    assert 4 <= len(seen["number"]) <= 5
    assert len(seen["other"]) == 20
    assert [packet.value for packet in run.pollers["square"]] == [number**2 for number in range(20)]
    run.wait_until_done(30)


def test_ends_while_a_source_is_throttled() -> None:
    """CalculatorGraph.GraphFinishesWhilePaused, with a source that is throttled."""
    run, seen = start(
        'max_queue_size: 2 output_stream: "a" input_side_packet: "count"' + RANGE % ("s", "a", ""),
        ENDLESS,
        pollers=["a"],
    )
    idle(run)
    run.stop()
    run.wait_until_done(30)
    assert list(run.pollers["a"]) == seen["a"]


def test_queues_grow_in_a_deadlock() -> None:
    """CalculatorGraphStoppingTest.DeadlockResolution: a join that waits for one stream while the other is full."""
    run, seen = start("max_queue_size: 2" + JOIN)
    for timestamp in range(50):
        run.add("a", timestamp, timestamp)
    assert seen["joined"] == []
    for timestamp in range(50):
        run.add("b", timestamp, timestamp)
    finish(run)
    assert [packet.value for packet in seen["joined"]] == [(timestamp, timestamp) for timestamp in range(50)]


def test_source_in_a_deadlock() -> None:
    """CalculatorGraphStoppingTest.DeadlockResolution, with sources: one of the two is far behind."""
    started = threading.Event()

    def process(cc: gf.Context) -> None:
        if started.is_set():
            cc.stop()
        started.set()
        cc.set_next_timestamp_bound(Call.outputs, 0)

    run, seen = start(
        """
        max_queue_size: 3 output_stream: "joined" input_side_packet: "count" input_side_packet: "process"
        node { calculator: "Call" output_stream: "b" input_side_packet: "PROCESS:process" source_layer: 1 }
        node { calculator: "JoinCalculator" input_stream: "a" input_stream: "b" output_stream: "joined" }
        """
        + RANGE % ("s", "a", "source_layer: 0"),
        {"count": 30, "process": process},
    )
    run.wait_until_done(30)
    assert [packet.value for packet in seen["joined"]] == [(number, None) for number in range(30)]


def test_deadlock_is_reported() -> None:
    """CalculatorGraphStoppingTest.DeadlockReporting: with report_deadlock an error that names stream and node."""
    run, _ = start("max_queue_size: 2 report_deadlock: true" + JOIN)
    run.add("a", 0, 0)
    run.add("a", 1, 1)
    error = str(failure(run, "a", 2, 2))
    assert error.startswith("the run is in a deadlock")
    assert 'node "join"' in error
    assert "full at 2" in error


def test_full_queue_is_no_deadlock_while_no_thread_waits() -> None:
    """Not so in MediaPipe, whose graph fails, or its queue grows, before the application can add what is missing."""
    run, seen = start("max_queue_size: 1 report_deadlock: true" + JOIN)
    run.add("a", 0, 0)
    assert not run.try_add("a", 1, 1)
    run.add("b", 0, 0)
    idle(run)
    assert seen["joined"] == [((0, 0), 0)]
    assert run.try_add("a", 1, 1)
    finish(run)


@pytest.mark.parametrize("policy", ["FixedSize", "Mux"])
def test_what_a_policy_drops_makes_room(policy: str) -> None:
    """InputStreamManager::ErasePacketsEarlierThan: the queue is not full any more, so this is not a deadlock."""
    run, seen = start(
        f"""
        max_queue_size: 2 report_deadlock: true
        input_stream: "a" input_stream: "b" input_stream: "c" output_stream: "out"
        node {{ calculator: "JoinCalculator" input_stream: "a" input_stream: "b" input_stream: "c" output_stream: "out"
                input_stream_handler {{ input_stream_handler: "{policy}InputStreamHandler" }} }}
        """
    )
    for timestamp in (1, 2):
        run.add("c", 1, timestamp)
        for stream in "ab":
            run.add(stream, timestamp, timestamp)
    run.add("c", 1, 9)
    run.add("b", 8, 8)
    run.add("b", 9, 9)
    run.add("a", 9, 9)
    finish(run)
    assert seen["out"][-1].timestamp == 9
