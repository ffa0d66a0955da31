"""The memory in which image files are decoded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from graphframe.fair_queue import FairQueue
from graphframe.inference import Caller


class DecodingBudget:
    """A budget of bytes for the files that are decoded at once, and a limit of their number. Thread-safe.

    Parameters
    ----------
    files, bytes : int
    """

    def __init__(self, files: int, bytes: int) -> None:
        self.files = files
        self.bytes = bytes
        self._lock = threading.Lock()
        self._waiting: FairQueue[_Held] = FairQueue()

    @contextmanager
    def hold(self, caller: Caller, bytes: int) -> Iterator[None]:
        """Wait until a file may be decoded, fairly between the parties, and hold its memory within the block.

        Parameters
        ----------
        caller : Caller
            It waits as its party; its cancellation ends the wait.
        bytes : int
            At most the whole budget.
        """
        held = _Held(caller, bytes)
        with self._lock:
            self._waiting.push(caller.share, 0.0, held)
            self._admit()
        try:
            unsubscribe = caller.subscribe(held.woken.set)
            try:
                held.woken.wait()
            finally:
                unsubscribe()
            caller.raise_if_cancelled()
            yield
        finally:
            with self._lock:
                self._return(held)
                self._admit()

    def _admit(self) -> None:
        while self.files and self._waiting:
            try:
                held = self._waiting.pop(lambda each: each.bytes <= self.bytes)
            except IndexError:
                return
            self._waiting.charge(held.caller.share, held.bytes)
            self.files -= 1
            self.bytes -= held.bytes
            held.admitted = True
            held.woken.set()

    def _return(self, held: _Held) -> None:
        if held.admitted:
            self.files += 1
            self.bytes += held.bytes
        else:
            self._waiting.remove(held.caller.share, held)


class _Held:
    __slots__ = ("admitted", "bytes", "caller", "woken")

    def __init__(self, caller: Caller, bytes: int) -> None:
        self.caller = caller
        self.bytes = bytes
        self.admitted = False
        self.woken = threading.Event()
