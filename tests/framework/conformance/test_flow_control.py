"""Queues, throttling, deadlocks, sets in flight, source layers: after calculator_graph_event_loop_test.cc,
calculator_graph_stopping_test.cc, calculator_parallel_execution_test.cc and calculator_graph_test.cc."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import graphframe as gf
from tests.framework.conformance.toys import LambdaCalculator, Semaphore, failure, finish, idle, start

GATED = """
    input_stream: "a" output_stream: "b" num_threads: 1 input_side_packet: "process"
    node { calculator: "LambdaCalculator" input_stream: "a" output_stream: "b" input_side_packet: "PROCESS:process" }
"""
RANGE = 'node { name: "%s" calculator: "RangeCalculator" output_stream: "%s" input_side_packet: "N:count" %s }'
JOIN = """
    input_stream: "a" input_stream: "b" output_stream: "joined"
    node { name: "join" calculator: "JoinCalculator" input_stream: "a" input_stream: "b" output_stream: "joined" }
"""
ENDLESS = {"count": 10**9}


def filled(size: int) -> tuple[gf.Run, dict[str, list[gf.Packet]], Semaphore]:
    """A run with a node that is stopped, and a full queue before it."""
    gate = Semaphore()
    run, seen = start(f"max_queue_size: {size} {GATED}", {"process": gate})
    run.add("a", 0, 0)
    gate.entered()
    for timestamp in range(1, size + 1):
        assert run.try_add("a", timestamp, timestamp)
    return run, seen, gate


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
        node { calculator: "LambdaCalculator" input_stream: "a" output_stream: "b" input_side_packet: "PROCESS:one" }
        node { calculator: "LambdaCalculator" input_stream: "a" output_stream: "c" input_side_packet: "PROCESS:two" }
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
        cc.set_next_timestamp_bound(LambdaCalculator.outputs, 0)

    run, seen = start(
        """
        max_queue_size: 3 output_stream: "joined" input_side_packet: "count" input_side_packet: "process"
        node { calculator: "LambdaCalculator" output_stream: "b" input_side_packet: "PROCESS:process" source_layer: 1 }
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


def test_full_queue_is_no_deadlock_while_nobody_waits() -> None:
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
    """InputStreamManager::ErasePacketsEarlierThan: the queue is not full any more, so there is no deadlock."""
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


def in_flight(number: int, process: Any, **more: Any) -> tuple[gf.Run, dict[str, list[gf.Packet]]]:
    """A run of a node that may have that many input sets in flight."""
    return start(
        f"""
        input_stream: "a" output_stream: "b" num_threads: 4 input_side_packet: "process"
        node {{ name: "n" calculator: "LambdaCalculator" input_stream: "a" output_stream: "b" max_in_flight: {number}
                input_side_packet: "PROCESS:process" }}
        """,
        {"process": process},
        **more,
    )


def test_several_in_flight() -> None:
    """ParallelExecutionTest.SlowPlusOneCalculatorsTest: as many calls at once as max_in_flight says."""
    together = threading.Barrier(3)

    def process(cc: gf.Context) -> None:
        together.wait(30)
        cc.send(LambdaCalculator.outputs, cc.values(LambdaCalculator.inputs)[0])

    run, seen = in_flight(3, process)
    for timestamp in range(9):
        run.add("a", timestamp, timestamp)
    finish(run)
    assert seen["b"] == [(timestamp, timestamp) for timestamp in range(9)]


def test_no_more_in_flight_than_allowed() -> None:
    """ParallelExecutionTest: max_in_flight 2 with four threads."""
    lock = threading.Lock()
    now, most = 0, 0
    pair = threading.Barrier(2)

    def process(cc: gf.Context) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        pair.wait(30)
        with lock:
            now -= 1

    run, _ = in_flight(2, process)
    for timestamp in range(10):
        run.add("a", timestamp, timestamp)
    finish(run)
    assert most == 2


def test_results_leave_in_order() -> None:
    """InOrderOutputStreamHandler: a later set that is done earlier waits for those before it."""
    first_may_end, second_is_done = threading.Event(), threading.Event()

    def process(cc: gf.Context) -> None:
        if cc.timestamp == 0:
            assert first_may_end.wait(30)
        cc.send(LambdaCalculator.outputs, cc.timestamp)
        if cc.timestamp == 1:
            second_is_done.set()

    run, seen = in_flight(2, process)
    run.add("a", 0, 0)
    run.add("a", 1, 1)
    assert second_is_done.wait(30)
    assert seen["b"] == []
    first_may_end.set()
    finish(run)
    assert seen["b"] == [(0, 0), (1, 1)]


def test_failure_of_one_in_flight() -> None:
    """ParallelExecutionTest: the others end first; what they sent is dropped."""
    second_failed = threading.Event()

    def process(cc: gf.Context) -> None:
        if cc.timestamp == 1:
            second_failed.set()
            raise ValueError("it is broken")
        assert second_failed.wait(30)
        cc.send(LambdaCalculator.outputs, 0)

    run, seen = in_flight(2, process)
    run.add("a", 0, 0)
    error = failure(run, "a", 1, 1)
    assert isinstance(error, gf.CalculatorError)
    assert error.timestamp == 1
    assert [packet.timestamp for packet in seen["b"]] in ([], [0])


def test_source_layers() -> None:
    """CalculatorGraph.LayerOrdering: sources of a layer begin when all those of lower layers are done."""
    order: list[str] = []
    graph = gf.Graph.from_text(
        'output_stream: "a" output_stream: "b" output_stream: "c" input_side_packet: "count"'
        + RANGE % ("late", "c", "source_layer: 2")
        + RANGE % ("early", "a", "source_layer: 0")
        + RANGE % ("too", "b", "source_layer: 0")
    )
    run = graph.start_run(
        {"count": 10},
        {name: lambda packet, name=name: order.append(name) for name in "abc"},  # type: ignore[misc]
    )
    run.wait_until_done(30)
    assert sorted(order[:20]) == ["a"] * 10 + ["b"] * 10
    assert order[20:] == ["c"] * 10


def test_sources_of_one_layer_take_turns() -> None:
    """SourceProcessOrder: the source that is least far comes next."""
    order: list[str] = []
    graph = gf.Graph.from_text(
        'num_threads: 1 output_stream: "a" output_stream: "b" input_side_packet: "count"'
        + RANGE % ("one", "a", "")
        + RANGE % ("two", "b", "")
    )
    run = graph.start_run(
        {"count": 20},
        {name: lambda packet, name=name: order.append(name) for name in "ab"},  # type: ignore[misc]
    )
    run.wait_until_done(30)
    assert all({*order[place : place + 2]} == {"a", "b"} for place in range(0, 40, 2))


def test_source_that_waits_for_a_higher_layer() -> None:
    """Scheduler: "Detected a deadlock because source nodes cannot be activated when a source node at a lower layer is
    still not opened."."""

    def process(cc: gf.Context) -> None:
        cc.set_side_packet(LambdaCalculator.value, 1)
        cc.stop()

    run, _ = start(
        RANGE.replace("count", "late") % ("s", "a", "source_layer: 0")
        + """
        input_side_packet: "process"
        node { calculator: "LambdaCalculator" output_side_packet: "VALUE:late" input_side_packet: "PROCESS:process"
               source_layer: 1 }
        """,
        {"process": process},
    )
    try:
        with pytest.raises(gf.GraphError, match="cannot go on"):
            run.wait_until_done(30)
    finally:
        run.cancel()


def test_loop_of_the_default_policy_ends() -> None:
    """A cycle that nothing comes round on any more; in MediaPipe it hangs, here the engine closes its back edges."""
    run, seen = start(
        """
        input_stream: "a" output_stream: "b"
        node { calculator: "JoinCalculator" input_stream: "a" input_stream: "back" output_stream: "b"
               input_stream_info { tag_index: ":1" back_edge: true } }
        node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "back" }
        """
    )
    run.add("a", 1, 1)
    idle(run)
    finish(run)
    assert seen["b"] == [((1, None), 1)]


def test_back_edge_holds_an_input_back() -> None:
    """FlowLimiterCalculatorSemaphoreTest.FramesDropped, by hand: what comes back lets the next packet pass."""
    waiting: list[Any] = []
    busy = False

    def limit(cc: gf.Context) -> None:
        nonlocal busy
        value, finished = cc.values(LambdaCalculator.inputs)
        if finished is not None:
            busy = False
        if value is not None:
            waiting.append(cc.packet(LambdaCalculator.inputs))
        if waiting and not busy:
            busy = True
            packet = waiting.pop(0)
            cc.send(LambdaCalculator.outputs, packet.value, packet.timestamp)

    gate = Semaphore()
    run, seen = start(
        """
        input_stream: "a" output_stream: "limited" output_stream: "worked" num_threads: 2
        input_side_packet: "limit" input_side_packet: "work"
        node { calculator: "LambdaCalculator" input_stream: "a" input_stream: "worked" output_stream: "limited"
               input_side_packet: "PROCESS:limit" input_stream_info { tag_index: ":1" back_edge: true }
               input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" } }
        node { calculator: "LambdaCalculator" input_stream: "limited" output_stream: "worked"
               input_side_packet: "PROCESS:work" }
        """,
        {"limit": limit, "work": gate},
    )
    for timestamp in range(4):
        run.add("a", timestamp, timestamp)
    gate.entered()
    assert len(seen["limited"]) == 1
    gate.go_on()
    gate.entered()
    assert len(seen["limited"]) == 2
    gate.go_on(10)
    finish(run)
    assert [packet.value for packet in seen["worked"]] == [0, 1, 2, 3]
