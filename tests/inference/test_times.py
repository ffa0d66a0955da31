from __future__ import annotations

import pytest

from graphframe.inference.times import KEPT, InferenceTimes


def test_unknown_is_nothing_and_the_first_is_taken_as_it_is() -> None:
    times = InferenceTimes()
    assert times.expected(((1, 3),)) == 0.0
    times.record(((1, 3),), 2.0)
    assert times.expected(((1, 3),)) == 2.0
    assert times.expected(((2, 3),)) == 0.0


def test_average_moves_towards_what_is_measured() -> None:
    times = InferenceTimes()
    times.record((), 2.0)
    times.record((), 1.0)
    assert times.expected(()) == pytest.approx(1.8)
    for _ in range(50):
        times.record((), 1.0)
    assert times.expected(()) == pytest.approx(1.0, abs=1e-3)


def test_does_not_grow_without_end() -> None:
    times = InferenceTimes()
    for size in range(KEPT + 1):
        times.record(((size,),), 1.0)
    assert times.expected(((0,),)) == 0.0
    assert times.expected(((1,),)) == times.expected(((KEPT,),)) == 1.0
