"""MediaPipe's own tests of batches of input sets, translated: default_input_stream_handler_test.cc."""

from __future__ import annotations

import pytest

from tests.framework.conformance.runs import finish, idle, problems, start

HANDLER = """
    input_stream_handler {
      input_stream_handler: "DefaultInputStreamHandler"
      options { [mediapipe.DefaultInputStreamHandlerOptions.ext] { batch_size: %d } }
    }
"""


def one(size: int) -> str:
    return f"""
        input_stream: "in" output_stream: "out"
        node {{ calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" {HANDLER % size} }}
    """


def two(size: int) -> str:
    return f"""
        input_stream: "in0" input_stream: "in1" output_stream: "out0" output_stream: "out1"
        node {{ calculator: "PassThroughCalculator" input_stream: "in0" input_stream: "in1"
               output_stream: "out0" output_stream: "out1" {HANDLER % size} }}
    """


def test_no_batching_works() -> None:
    run, seen = start(two(1))
    run.add("in0", 1, 1)
    idle(run)
    assert seen == {"out0": [], "out1": []}
    run.add("in1", 2, 2)
    idle(run)
    assert seen == {"out0": [(1, 1)], "out1": []}
    run.add("in0", 2, 2)
    idle(run)
    assert seen == {"out0": [(1, 1), (2, 2)], "out1": [(2, 2)]}
    finish(run)


def test_batches() -> None:
    run, seen = start(one(2))
    counts = []
    for timestamp in range(1, 5):
        run.add("in", timestamp, timestamp)
        idle(run)
        counts.append(len(seen["out"]))
    assert counts == [0, 2, 2, 4]
    finish(run)


def test_batch_is_flushed_when_closing() -> None:
    run, seen = start(one(2))
    for timestamp in (1, 2, 3):
        run.add("in", timestamp, timestamp)
    idle(run)
    assert len(seen["out"]) == 2
    finish(run)
    assert seen["out"] == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize(("size", "expected"), [(1, [5, 9]), (2, [5])])
def test_doesnt_propagate_timestamp_when_batching(size: int, expected: list[int]) -> None:
    """The bound of the output stays at the first input set of a batch that is not full."""
    bounds: list[int] = []
    run, _ = start(one(size), bound_observers={"out": bounds.append})
    run.set_bound("in", 5)
    run.add("in", 5, 5)
    run.set_bound("in", 9)
    idle(run)
    assert bounds == expected
    finish(run)


def test_check_batch_processing_bound_propagation() -> None:
    """With bounds between the packets, and 25 packets in batches of 10."""
    run, seen = start(one(10))
    for number in range(25):
        run.add("in", number, 10 * number)
        run.set_bound("in", 10 * number + 5)
        idle(run)
        assert len(seen["out"]) == (number + 1) // 10 * 10
    finish(run)
    assert [packet.value for packet in seen["out"]] == list(range(25))


def test_batches_of_two_streams_count_timestamps() -> None:
    run, seen = start(two(2))
    run.add("in0", "a", 1)
    run.add("in1", "b", 1)
    run.add("in1", "c", 2)
    idle(run)
    assert seen == {"out0": [], "out1": []}
    run.set_bound("in0", 3)
    idle(run)
    assert seen == {"out0": [("a", 1)], "out1": [("b", 1), ("c", 2)]}
    finish(run)


def test_a_size_below_1() -> None:
    assert "batch_size is 0, but must be at least 1" in problems(one(0))[0]


def test_a_batch_larger_than_the_queues() -> None:
    """Full queues grow, as in any graph that waits for more packets."""
    run, seen = start("max_queue_size: 2" + one(5))
    for timestamp in range(7):
        run.add("in", timestamp, timestamp)
    finish(run)
    assert len(seen["out"]) == 7
