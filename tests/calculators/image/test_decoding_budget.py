from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from graphframe.calculators.image.decoding_budget import DecodingBudget
from graphframe.framework.errors import Cancelled
from graphframe.framework.running.cancellation import Cancellation

SECONDS = 60


class Decoding(threading.Thread):
    """Holds a share of a budget until it is released."""

    def __init__(self, budget: DecodingBudget, size: int) -> None:
        super().__init__(daemon=True)
        self.caller = Cancellation()
        self.held = threading.Event()
        self.cancelled = False
        self._budget, self._size, self._released = budget, size, threading.Event()
        self.start()

    def run(self) -> None:
        try:
            with self._budget.hold(self.caller, self._size):
                self.held.set()
                self._released.wait(SECONDS)
        except Cancelled:
            self.cancelled = True

    def end(self) -> None:
        self._released.set()
        self.join(SECONDS)


@pytest.fixture
def start() -> Callable[[int], Decoding]:
    budget = DecodingBudget(files=2, bytes=10)
    return lambda size: Decoding(budget, size)


def test_two_files_at_once(start: Callable[[int], Decoding]) -> None:
    first, second = start(1), start(1)
    assert first.held.wait(SECONDS)
    assert second.held.wait(SECONDS)
    third = start(1)
    assert not third.held.wait(0.05)
    first.end()
    assert third.held.wait(SECONDS)
    second.end()
    third.end()


def test_large_files_one_after_the_other(start: Callable[[int], Decoding]) -> None:
    first = start(6)
    assert first.held.wait(SECONDS)
    second = start(6)
    assert not second.held.wait(0.05)
    first.end()
    assert second.held.wait(SECONDS)
    second.end()


def test_a_cancelled_caller_does_not_wait(start: Callable[[int], Decoding]) -> None:
    first = start(10)
    assert first.held.wait(SECONDS)
    second, third = start(10), start(10)
    second.caller.cancel("the client disconnected")
    second.join(SECONDS)
    assert second.cancelled
    first.end()
    assert third.held.wait(SECONDS)
    third.end()
