from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from graphframe import Packet, Timestamp
from graphframe.framework.input_policy import (
    CLOSE,
    INPUT_POLICIES,
    READY,
    WAIT,
    DefaultInputPolicy,
    ImmediateInputPolicy,
    InputPolicy,
    Readiness,
)

DONE = Timestamp.DONE


@dataclass
class Stream:
    bound: int


class Queue:
    """An input with packets at `timestamps`; `bound` is beyond the last one, if it is not given."""

    def __init__(self, *timestamps: int, bound: int | None = None) -> None:
        self.queue = deque(Packet(f"at {timestamp}", timestamp) for timestamp in timestamps)
        self.stream = Stream(timestamps[-1] + 1 if bound is None else bound)


def sets(policy: InputPolicy, inputs: Sequence[Queue]) -> list[tuple[int, ...]]:
    """The input sets that can be made now: for each, the positions of the inputs that have a packet in it."""
    found: list[tuple[int, ...]] = []
    while True:
        readiness, timestamp = policy.readiness(inputs)
        if readiness is not READY:
            return found
        packets = policy.take(inputs, timestamp)
        assert all(packet is None or packet.timestamp == timestamp for packet in packets)
        found.append((timestamp, *(index for index, packet in enumerate(packets) if packet is not None)))


@pytest.mark.parametrize(
    ("inputs", "readiness", "timestamp"),
    [
        ([Queue(3)], READY, 3),
        ([Queue(bound=5)], WAIT, 5),
        ([Queue(bound=DONE)], CLOSE, DONE),
        ([Queue(3), Queue(3)], READY, 3),
        ([Queue(3), Queue(1)], READY, 1),
        ([Queue(3), Queue(bound=3)], WAIT, 3),
        ([Queue(3), Queue(bound=4)], READY, 3),
        ([Queue(3), Queue(bound=DONE)], READY, 3),
        ([Queue(3, bound=DONE), Queue(bound=1)], WAIT, 1),
        ([Queue(bound=DONE), Queue(bound=7)], WAIT, 7),
        ([Queue(bound=DONE), Queue(bound=DONE)], CLOSE, DONE),
        ([Queue(bound=Timestamp.ONE_OVER_POST_STREAM)], WAIT, Timestamp.ONE_OVER_POST_STREAM),
        ([Queue(Timestamp.PRE_STREAM), Queue(bound=Timestamp.PRE_STREAM)], WAIT, Timestamp.PRE_STREAM),
        ([Queue(Timestamp.PRE_STREAM), Queue(0)], READY, Timestamp.PRE_STREAM),
        ([Queue(Timestamp.POST_STREAM), Queue(bound=Timestamp.ONE_OVER_POST_STREAM)], READY, Timestamp.POST_STREAM),
        ([], CLOSE, DONE),
    ],
)
def test_default(inputs: list[Queue], readiness: Readiness, timestamp: int) -> None:
    assert DefaultInputPolicy().readiness(inputs) == (readiness, timestamp)


@pytest.mark.parametrize(
    ("inputs", "readiness", "timestamp"),
    [
        ([Queue(3), Queue(bound=0)], READY, 3),
        ([Queue(3), Queue(1)], READY, 1),
        ([Queue(bound=4), Queue(bound=2)], WAIT, 2),
        ([Queue(bound=DONE), Queue(bound=2)], WAIT, 2),
        ([Queue(bound=DONE), Queue(bound=DONE)], CLOSE, DONE),
        ([], CLOSE, DONE),
    ],
)
def test_immediate(inputs: list[Queue], readiness: Readiness, timestamp: int) -> None:
    assert ImmediateInputPolicy().readiness(inputs) == (readiness, timestamp)


def test_default_joins_in_the_order_of_timestamps() -> None:
    inputs = [Queue(1, 2, 3), Queue(1, 3)]
    assert sets(DefaultInputPolicy(), inputs) == [(1, 0, 1), (2, 0), (3, 0, 1)]


def test_default_leaves_what_cannot_be_decided_yet() -> None:
    inputs = [Queue(1, 2, 3), Queue(1, bound=3)]
    assert sets(DefaultInputPolicy(), inputs) == [(1, 0, 1), (2, 0)]
    assert [packet.timestamp for packet in inputs[0].queue] == [3]


def test_immediate_takes_what_is_there() -> None:
    inputs = [Queue(1, 3), Queue(bound=0)]
    assert sets(ImmediateInputPolicy(), inputs) == [(1, 0), (3, 0)]
    inputs[1] = Queue(2, 3)
    assert sets(ImmediateInputPolicy(), inputs) == [(2, 1), (3, 1)]


def test_only_the_default_settles_what_is_before_a_set() -> None:
    assert [policy.ordered for policy in INPUT_POLICIES.values()] == [True, False]
