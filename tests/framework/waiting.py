"""Functions and calculators that wait for the test, or for the end of the run."""

from __future__ import annotations

import threading

import graphframe as gf
from tests.framework.toys import Call

SECONDS = 60
"""How long a test waits for what should come at once, before it fails."""


class Stop:
    """A function for `Call` that waits until the test lets it continue."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, cc: gf.Context) -> object:
        self.reached.set()
        assert self.go_on.wait(SECONDS)
        return cc.get(Call.inputs)

    def wait(self) -> None:
        """Wait until it is called."""
        assert self.reached.wait(SECONDS)


class Semaphore:
    """A function for `Call` that stops its node until it may go on: MediaPipe's SemaphoreCalculator."""

    def __init__(self) -> None:
        self._entered = threading.Semaphore(0)
        self._allowed = threading.Semaphore(0)

    def __call__(self, cc: gf.Context) -> None:
        self._entered.release()
        assert self._allowed.acquire(timeout=SECONDS)
        cc.send(Call.outputs, cc.values(Call.inputs)[0])

    def entered(self) -> None:
        """Wait until a node is in there."""
        assert self._entered.acquire(timeout=SECONDS)

    def go_on(self, times: int = 1) -> None:
        """Let nodes out."""
        self._allowed.release(times)


@gf.register
class Wait(gf.Calculator):
    """Waits in ``process`` until the run is cancelled, as an inference would. Sets the side packet when it begins."""

    value = gf.Input("")
    began = gf.SideInput("BEGAN", threading.Event)
    never = gf.Output("", optional=True)

    def process(self, cc: gf.Context) -> None:
        cancelled = threading.Event()
        unsubscribe = cc.cancellation.subscribe(cancelled.set)
        cc[self.began].set()
        assert cancelled.wait(SECONDS)
        unsubscribe()
        cc.cancellation.raise_if_cancelled()
