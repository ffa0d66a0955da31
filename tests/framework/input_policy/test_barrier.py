from __future__ import annotations

import pytest

from graphframe import Timestamp
from graphframe.framework.input_policy import Barrier
from graphframe.framework.input_policy.policy import CLOSE, READY, WAIT, Readiness
from tests.framework.input_policy.queues import Queue, sets

DONE = Timestamp.DONE


@pytest.mark.parametrize(
    ("inputs", "readiness", "timestamp"),
    [
        ([Queue(3), Queue(10)], READY, 3),
        ([Queue(3), Queue(bound=2)], WAIT, 2),
        ([Queue(3), Queue(bound=5)], WAIT, 3),
        ([Queue(3), Queue(bound=DONE)], CLOSE, DONE),
    ],
)
def test_readiness(inputs: list[Queue], readiness: Readiness, timestamp: int) -> None:
    assert Barrier().readiness(inputs) == (readiness, timestamp)


def test_joins_in_the_order_of_arrival() -> None:
    assert sets(Barrier(), [Queue(1, 2, 3), Queue(10, 20)]) == [(1, 0, 1), (2, 0, 1)]
