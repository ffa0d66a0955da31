from __future__ import annotations

import pytest

from graphframe import Timestamp
from graphframe.framework.input_policy import Default, EarlyClose
from graphframe.framework.input_policy.policy import CLOSE, READY, WAIT, Readiness, settled_before
from tests.framework.input_policy.queues import Queue, sets

DONE = Timestamp.DONE


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
    assert Default().readiness(inputs) == (readiness, timestamp)


def test_default_joins_in_the_order_of_timestamps() -> None:
    inputs = [Queue(1, 2, 3), Queue(1, 3)]
    assert sets(Default(), inputs) == [(1, 0, 1), (2, 0), (3, 0, 1)]


def test_default_leaves_what_cannot_be_decided_yet() -> None:
    inputs = [Queue(1, 2, 3), Queue(1, bound=3)]
    assert sets(Default(), inputs) == [(1, 0, 1), (2, 0)]
    assert [packet.timestamp for packet in inputs[0].queue] == [3]


@pytest.mark.parametrize(
    ("inputs", "readiness", "timestamp"),
    [
        ([Queue(3), Queue(3)], READY, 3),
        ([Queue(3), Queue(bound=2)], WAIT, 2),
        ([Queue(3), Queue(bound=DONE)], CLOSE, DONE),
        ([Queue(bound=DONE), Queue(bound=2)], CLOSE, DONE),
        ([Queue(3, bound=DONE), Queue(3)], READY, 3),
    ],
)
def test_early_close(inputs: list[Queue], readiness: Readiness, timestamp: int) -> None:
    assert EarlyClose().readiness(inputs) == (readiness, timestamp)


def test_early_close_drops_what_waits() -> None:
    inputs = [Queue(1, 2, 3), Queue(1, bound=DONE)]
    assert sets(EarlyClose(), inputs) == [(1, 0, 1)]


@pytest.mark.parametrize(
    ("bound", "settled"),
    [
        (7, 6),
        (Timestamp.MIN + 1, Timestamp.MIN),
        (Timestamp.MIN, Timestamp.UNSTARTED),
        (Timestamp.PRE_STREAM, Timestamp.UNSTARTED),
        (Timestamp.POST_STREAM, Timestamp.MAX),
        (DONE, Timestamp.MAX),
    ],
)
def test_settled_before(bound: int, settled: int) -> None:
    assert settled_before(bound) == settled
