"""Lanes: who may use a device now, and who waits."""

from __future__ import annotations

import threading
import time

from graphframe.inference.activity import LaneWait, activity
from graphframe.inference.caller import Caller
from graphframe.inference.device import normalise
from graphframe.inference.order import OrderQueue

PATIENCE = 8
"""So many others go before work in the background, if as many wait; then it is its turn, or it might wait for ever."""


class _Waiter:
    __slots__ = ("slot", "woken")

    def __init__(self) -> None:
        self.slot: int | None = None
        self.woken = threading.Event()


class Lane:
    """The slots of one device, handed out to whoever has the least key.

    A slot is a number: slot *i* holds infer request *i* of every model on the lane, so that there are as many
    requests of a model as can run at once, and no more. A lane is thread-safe.

    Parameters
    ----------
    device : str
        The device string.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self.slots = 0
        self._lock = threading.Lock()
        self._free: list[int] = []
        self._waiting: OrderQueue[_Waiter] = OrderQueue()
        self._in_background: OrderQueue[_Waiter] = OrderQueue()
        self._gone_before = 0

    def grow(self, slots: int) -> None:
        """Have at least `slots` slots."""
        with self._lock:
            for slot in reversed(range(self.slots, slots)):
                self._hand_out(slot)
            self.slots = max(self.slots, slots)

    def acquire(self, caller: Caller, key: float, background: bool = False) -> int:
        """Take a slot; wait for one while all are taken. Give it back with `release`.

        Parameters
        ----------
        caller : Caller
            While it waits, its cancellation ends the wait at once.
        key : float
            Among those who wait the one with the least key is next.
        background : bool
            Whether to let others go before, though no more than `PATIENCE` of them.

        Returns
        -------
        int
            The number of the slot.

        Raises
        ------
        Exception
            What `caller.raise_if_cancelled` raises; no slot is taken then.
        """
        caller.raise_if_cancelled()
        with self._lock:
            if self._free:
                return self._free.pop()
            waiter = _Waiter()
            queue = self._in_background if background else self._waiting
            queue.push(key, waiter)
        return self._wait(caller, waiter, queue)

    def release(self, slot: int) -> None:
        """Give back a slot; the first who waits has it from here on."""
        with self._lock:
            self._hand_out(slot)

    def _wait(self, caller: Caller, waiter: _Waiter, queue: OrderQueue[_Waiter]) -> int:
        began = time.perf_counter()
        try:
            unsubscribe = caller.subscribe(waiter.woken.set)
            try:
                waiter.woken.wait()
            finally:
                unsubscribe()
                activity.note(LaneWait(self.device, began, time.perf_counter()))
            caller.raise_if_cancelled()
        except BaseException:
            self._leave(waiter, queue)
            raise
        assert waiter.slot is not None
        return waiter.slot

    def _leave(self, waiter: _Waiter, queue: OrderQueue[_Waiter]) -> None:
        # NOTE: a slot may have been handed to the waiter on its way out; somebody else has to get it.
        with self._lock:
            if waiter.slot is None:
                queue.remove(waiter)
            else:
                self._hand_out(waiter.slot)

    def _hand_out(self, slot: int) -> None:
        if self._in_background and (not self._waiting or self._gone_before == PATIENCE):
            waiter = self._in_background.pop()
            self._gone_before = 0
        elif self._waiting:
            waiter = self._waiting.pop()
            self._gone_before += bool(self._in_background)
        else:
            self._free.append(slot)
            return
        waiter.slot = slot
        waiter.woken.set()


_lanes: dict[str, Lane] = {}
_lanes_lock = threading.Lock()


def lane_for(device: str) -> Lane:
    """The one lane of a device in this process. ``"CPU"`` and ``"AUTO:CPU"`` are two devices."""
    device = normalise(device)
    with _lanes_lock:
        return _lanes.setdefault(device, Lane(device))
