"""Lanes: the order in which callers use a device."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

from graphframe.fair_queue import FairQueue, Share
from graphframe.inference.activity import LaneWait, activity
from graphframe.inference.caller import Caller
from graphframe.inference.default_device import resolve

PATIENCE = 8
"""The number of other callers that may overtake one in the background. It would otherwise wait without limit."""


class LaneCounts(NamedTuple):
    """The state of a lane.

    Attributes
    ----------
    slots, used, waiting : int
        The numbers of its slots, of those in use, and of callers that wait for one.
    """

    slots: int
    used: int
    waiting: int


PAUSES = 3
"""The number of times that a caller may return its slot, to the run that used it just before."""

LONGEST_PAUSE = 0.002
"""Seconds in which a run comes back for its next inference, unless the machine is busy."""


class _Waiter:
    __slots__ = ("expected", "key", "pause", "pauses", "share", "slot", "woken")

    def __init__(self, share: Share, key: float, expected: float) -> None:
        self.share = share
        self.key = key
        self.expected = expected
        self.pause = 0.0
        self.pauses = PAUSES
        self.slot: int | None = None
        self.woken = threading.Event()


class Lane:
    """The slots of a device. A free one goes to the party that got least of the device, and there to the least key.

    No caller waits without limit: see `FairQueue`. A slot is a number: its holder may use infer request number *slot*
    of every model on the lane. A model therefore has one infer request for each inference that can run at once. A lane
    is thread-safe.

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
        self._waiting: FairQueue[_Waiter] = FairQueue()
        self._in_background: FairQueue[_Waiter] = FairQueue()
        self._gone_before = 0
        # For each slot in use: the queue and the share that it is charged to, what was charged, and when it began. A
        # tuple without names, which is made in a third of the time.
        self._uses: dict[int, tuple[FairQueue[_Waiter], Share, float, float]] = {}

    def grow(self, slots: int) -> None:
        """Raise the number of slots to `slots`, if it is smaller."""
        with self._lock:
            for slot in reversed(range(self.slots, slots)):
                self._hand_out(slot)
            self.slots = max(self.slots, slots)

    def counts(self) -> LaneCounts:
        """Return how many slots and callers it has now."""
        with self._lock:
            used = self.slots - len(self._free)
            return LaneCounts(self.slots, used, len(self._waiting) + len(self._in_background))

    def acquire(self, caller: Caller, key: float, background: bool = False, expected: float = 0.0) -> int:
        """Wait for a slot and take it. The caller must pass it to `release` afterwards.

        Parameters
        ----------
        caller : Caller
            The caller. Its cancellation ends the wait.
        key : float
            The priority among callers of its party: the least key is next.
        background : bool
            Whether callers that are not in the background overtake this one, at most `PATIENCE` of them.
        expected : float
            The seconds for which it will probably hold the slot.

        Returns
        -------
        int
            The number of the slot.

        Raises
        ------
        Exception
            The exception of `caller.raise_if_cancelled`, if the caller is cancelled. No slot is taken then.
        """
        caller.raise_if_cancelled()
        queue = self._in_background if background else self._waiting
        with self._lock:
            if self._free:
                slot = self._free.pop()
                self._uses[slot] = (queue, caller.share, 0.0, time.perf_counter())
                return slot
            waiter = _Waiter(caller.share, key, expected)
            queue.push(caller.share, key, waiter)
        return self._wait(caller, waiter, queue)

    @contextlib.contextmanager
    def slot(self, caller: Caller, key: float, background: bool = False, expected: float = 0.0) -> Iterator[int]:
        """Hold a slot for the duration of a ``with`` block; see `acquire`."""
        slot = self.acquire(caller, key, background, expected)
        try:
            yield slot
        finally:
            self.release(slot)

    def release(self, slot: int) -> None:
        """Return a slot. The next caller in the queue gets it immediately."""
        with self._lock:
            self._give_back(slot)

    def _wait(self, caller: Caller, waiter: _Waiter, queue: FairQueue[_Waiter]) -> int:
        began = time.perf_counter()
        try:
            unsubscribe = caller.subscribe(waiter.woken.set)
            try:
                waiter.woken.wait()
                while waiter.pause and self._gives_way(caller, waiter, queue):
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

    def _gives_way(self, caller: Caller, waiter: _Waiter, queue: FairQueue[_Waiter]) -> bool:
        """Pause with a slot, and return whether it went back, so that the caller that should be next gets it."""
        # NOTE: between two short inferences (tokens, embeddings) a run is not in the queue. Without a pause, each of
        # them would wait for a long one of another run, and a request of 4 steps for 3 steps more than its own.
        time.sleep(waiter.pause)
        with self._lock:
            waiter.pause = 0.0
            if not self._waiting or waiter.slot is None:
                return False
            slot, waiter.slot = waiter.slot, None
            waiter.woken.clear()
            if caller.cancelled:  # which may have set the event before it was cleared
                waiter.woken.set()
            queue.put_back(waiter.share, waiter.key, waiter)
            self._give_back(slot, pausing=False)
        return True

    def _leave(self, waiter: _Waiter, queue: FairQueue[_Waiter]) -> None:
        # NOTE: the waiter may have got a slot while it was leaving; the next one must get it.
        with self._lock:
            if waiter.slot is None:
                queue.remove(waiter.share, waiter)
            else:
                self._give_back(waiter.slot)

    def _give_back(self, slot: int, pausing: bool = True) -> None:
        queue, share, charged, began = self._uses.pop(slot)
        if self._uses or self._waiting or self._in_background:
            used = time.perf_counter() - began
            queue.charge(share, used - charged)
            self._hand_out(slot, used if pausing else math.inf)
        else:
            self._free.append(slot)
            self._waiting.forget()
            self._in_background.forget()

    def _hand_out(self, slot: int, used: float = math.inf) -> None:
        if self._in_background and (not self._waiting or self._gone_before == PATIENCE):
            queue = self._in_background
            self._gone_before = 0
        elif self._waiting:
            queue = self._waiting
            self._gone_before += bool(self._in_background)
        else:
            self._free.append(slot)
            return
        waiter = queue.pop()
        queue.charge(waiter.share, waiter.expected)
        self._uses[slot] = (queue, waiter.share, waiter.expected, time.perf_counter())
        if used < waiter.expected / 4 and waiter.pauses:
            waiter.pauses -= 1
            waiter.pause = min(waiter.expected / 20, LONGEST_PAUSE)
        waiter.slot = slot
        waiter.woken.set()


_lanes: dict[str, Lane] = {}
_lanes_lock = threading.Lock()


def lane_for(device: str) -> Lane:
    """Return the lane of a device; the process has one for each device string.

    ``"CPU"`` and ``"AUTO:CPU"`` have two lanes.
    """
    device = resolve(device)
    with _lanes_lock:
        return _lanes.setdefault(device, Lane(device))


def lanes() -> list[Lane]:
    """Return the lanes of all devices that were used so far."""
    with _lanes_lock:
        return list(_lanes.values())
