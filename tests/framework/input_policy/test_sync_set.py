from __future__ import annotations

import pytest

from graphframe import Timestamp
from graphframe.framework.input_policy import Immediate, SyncSet
from graphframe.framework.input_policy.policy import CLOSE, READY, WAIT, Readiness
from tests.framework.input_policy.queues import Queue, bound_to, sets

DONE = Timestamp.DONE


@pytest.mark.parametrize(
    ("inputs", "readiness", "timestamp"),
    [
        ([Queue(3), Queue(bound=0)], READY, 3),
        ([Queue(3), Queue(1)], READY, 1),
        ([Queue(bound=4), Queue(bound=2)], WAIT, 2),
        ([Queue(bound=DONE), Queue(bound=2)], WAIT, 2),
        ([Queue(bound=DONE), Queue(bound=DONE)], CLOSE, DONE),
    ],
)
def test_immediate(inputs: list[Queue], readiness: Readiness, timestamp: int) -> None:
    assert bound_to(Immediate(), "A B").readiness(inputs) == (readiness, timestamp)


def test_immediate_takes_what_is_there() -> None:
    policy = bound_to(Immediate(), "A B")
    inputs = [Queue(1, 3), Queue(bound=0)]
    assert sets(policy, inputs) == [(1, 0), (3, 0)]
    inputs[1] = Queue(2, 3)
    assert sets(policy, inputs) == [(2, 1), (3, 1)]


def test_immediate_takes_together_what_waits_together() -> None:
    assert sets(bound_to(Immediate(), "A B"), [Queue(1, 2), Queue(2)]) == [(1, 0), (2, 0, 1)]


def test_immediate_tells_once_of_each_bound_and_each_end() -> None:
    policy = bound_to(Immediate(), "A B", bounds=True)
    inputs = [Queue(1), Queue(bound=3)]
    assert sets(policy, inputs) == [(1, 0), (2,)]
    inputs[0].stream.bound = DONE
    assert sets(policy, inputs) == [(2,)]
    inputs[1].stream.bound = DONE
    assert sets(policy, inputs) == [(3,)]
    assert policy.readiness(inputs) == (CLOSE, DONE)


def test_each_set_waits_for_its_own_inputs() -> None:
    policy = bound_to(SyncSet(["A", "B"], ["C"]), "A B C")
    inputs = [Queue(1, 3), Queue(1, bound=2), Queue(bound=0)]
    assert sets(policy, inputs) == [(1, 0, 1)]
    inputs[2] = Queue(0, 7)
    assert sets(policy, inputs) == [(0, 2), (7, 2)]
    inputs[1].stream.bound = 4
    assert sets(policy, inputs) == [(3, 0)]


def test_sets_that_are_ready_at_once_go_one_after_the_other() -> None:
    assert sets(bound_to(SyncSet(["A"], ["B"]), "A B"), [Queue(1), Queue(1)]) == [(1, 0), (1, 1)]


def test_inputs_that_no_set_names_make_one() -> None:
    policy = bound_to(SyncSet(["B"]), "A A:1 B")
    inputs = [Queue(1), Queue(bound=1), Queue(1)]
    assert sets(policy, inputs) == [(1, 2)]
    inputs[1] = Queue(1)
    assert sets(policy, inputs) == [(1, 0, 1)]


def test_sets_process_bounds_each_on_its_own() -> None:
    policy = bound_to(SyncSet(["A"], ["B"]), "A B", bounds=True)
    inputs = [Queue(bound=3), Queue(bound=Timestamp.PRE_STREAM)]
    assert sets(policy, inputs) == [(2,)]
    assert policy.readiness(inputs) == (WAIT, Timestamp.PRE_STREAM)
    inputs[1].stream.bound = 6
    assert sets(policy, inputs) == [(5,)]


def test_closes_when_every_set_is_done() -> None:
    policy = bound_to(SyncSet(["A"], ["B"]), "A B")
    assert policy.readiness([Queue(bound=DONE), Queue(bound=5)]) == (WAIT, 5)
    assert policy.readiness([Queue(bound=DONE), Queue(bound=DONE)]) == (CLOSE, DONE)


def test_an_input_is_in_one_set() -> None:
    with pytest.raises(ValueError, match='the input stream "A" is in two sync sets'):
        bound_to(SyncSet(["A"], ["A", "B"]), "A B")
