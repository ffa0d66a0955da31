"""Nodes that process several input sets at once: max_in_flight."""

from __future__ import annotations

import threading
from typing import Any

import graphframe as gf
from tests.framework.conformance.runs import failure, finish, start
from tests.framework.toys import Call


def in_flight(number: int, process: Any, **more: Any) -> tuple[gf.Run, dict[str, list[gf.Packet]]]:
    """A run of a node that may have that many input sets in flight."""
    return start(
        f"""
        input_stream: "a" output_stream: "b" num_threads: 4 input_side_packet: "process"
        node {{ name: "n" calculator: "Call" input_stream: "a" output_stream: "b" max_in_flight: {number}
                input_side_packet: "PROCESS:process" }}
        """,
        {"process": process},
        **more,
    )


def test_several_in_flight() -> None:
    """ParallelExecutionTest.SlowPlusOneCalculatorsTest: up to max_in_flight calls at once."""
    together = threading.Barrier(3)

    def process(cc: gf.Context) -> None:
        together.wait(30)
        cc.send(Call.outputs, cc.values(Call.inputs)[0])

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
        cc.send(Call.outputs, cc.timestamp)
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
        cc.send(Call.outputs, 0)

    run, seen = in_flight(2, process)
    run.add("a", 0, 0)
    error = failure(run, "a", 1, 1)
    assert isinstance(error, gf.CalculatorError)
    assert error.timestamp == 1
    assert [packet.timestamp for packet in seen["b"]] in ([], [0])
