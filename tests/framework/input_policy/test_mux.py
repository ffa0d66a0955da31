from __future__ import annotations

import pytest

from graphframe import Timestamp
from graphframe.framework.input_policy import Mux
from graphframe.framework.input_policy.policy import CLOSE, READY, WAIT
from tests.framework.input_policy.queues import Queue, bound_to, sets


def test_takes_the_chosen_packet() -> None:
    inputs = [Queue(1, 2, 3), Queue(1, 2, 3), Queue(1, 2, 3, values=[0, 1, 0])]
    assert sets(Mux(), inputs) == [(1, 0, 2), (2, 1, 2), (3, 0, 2)]
    assert not inputs[1].queue or inputs[1].queue[0].timestamp > 3


def test_waits_for_the_chosen_stream_alone() -> None:
    inputs = [Queue(bound=0), Queue(bound=5), Queue(5, values=[1])]
    assert Mux().readiness(inputs) == (WAIT, 5)
    inputs[1].stream.bound = 6
    assert sets(Mux(), inputs) == [(5, 2)]


def test_drops_what_is_older() -> None:
    assert sets(Mux(), [Queue(1, 2, 7), Queue(bound=0), Queue(7, values=[0])]) == [(7, 0, 2)]


def test_waits_for_and_ends_with_the_control() -> None:
    assert Mux().readiness([Queue(1), Queue(bound=4)]) == (WAIT, 4)
    assert Mux().readiness([Queue(1), Queue(bound=Timestamp.DONE)]) == (CLOSE, Timestamp.DONE)


def test_a_choice_that_is_not_there_is_left_to_the_calculator() -> None:
    assert Mux().readiness([Queue(1), Queue(1, values=[3])]) == (READY, 1)
    assert Mux().readiness([Queue(1), Queue(1, values=["x"])]) == (READY, 1)


def test_needs_two_inputs() -> None:
    with pytest.raises(ValueError, match="a mux needs an input stream that selects, and at least one other"):
        bound_to(Mux(), "A")
