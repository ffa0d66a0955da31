from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from graphframe.inference.activity import LaneWait, activity

WAIT = LaneWait("CPU", 1.0, 2.0)


@pytest.fixture
def log() -> Iterator[list[Any]]:
    log: list[Any] = []
    activity.logs.append(log)
    yield log
    assert activity.logs.pop() is log


def test_the_last_log_gets_what_is_noted(log: list[Any]) -> None:
    inner: list[Any] = []
    activity.logs.append(inner)
    activity.note(WAIT)
    activity.logs.pop()
    assert (log, inner) == ([], [WAIT])
    activity.note(WAIT)
    assert log == [WAIT]


def test_each_thread_has_its_own(log: list[Any]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(activity.note, WAIT).result()
    assert log == []


def test_events_without_a_log_are_dropped() -> None:
    activity.note(WAIT)
    assert activity.logs == []
