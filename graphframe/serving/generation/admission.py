"""Which requests run, which wait, and for how long."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from graphframe.fair_queue import FairQueue
from graphframe.serving.access.party import Party
from graphframe.serving.errors import APIError
from graphframe.serving.generation.shared_time import SharedTime


class Applicant(Protocol):
    """A request that asks to run.

    Attributes
    ----------
    party : Party
    work : float
        The seconds that it probably takes alone; 0 if unknown.
    """

    party: Party
    work: float

    @property
    def done(self) -> float:
        """The part of its work that is done, from 0 to 1."""


class Admission:
    """A limited number of places to run, and a queue that is fair between parties. Waiting costs no thread.

    A party that runs nothing finds a free place, while there are at most half as many others as places, and its share
    of the places to wait, whatever the others send.

    Parameters
    ----------
    max_running : callable
        Returns the number of places to run.
    max_waiting : int
    parties : callable
        Returns those who have keys.
    clock : callable, optional
        Returns seconds.
    """

    def __init__(
        self,
        max_running: Callable[[], int],
        max_waiting: int,
        parties: Callable[[], Sequence[Party]] = tuple,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_running = max_running
        self._max_waiting = max_waiting
        self._parties = parties
        self._time = SharedTime(clock)
        self._running: list[Applicant] = []
        self._waiting: FairQueue[Applicant] = FairQueue()
        self._turns: dict[int, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def slot(self, applicant: Applicant) -> AsyncIterator[Callable[[], float]]:
        """Wait for a place to run, and hold it within the block.

        It yields a function that returns the seconds of the server's work that the applicant got so far.

        Raises
        ------
        APIError
            429 if the queue is full, as a whole or for this party.
        """
        await self._enter(applicant)
        try:
            yield self._time.of(applicant.party)
        finally:
            self._leave(applicant)

    def order(self) -> list[Applicant]:
        """Return those who wait, in the order in which they would run now."""
        queue, found = self._waiting.copy(), []
        while queue:
            found.append(queue.pop())
            queue.charge(found[-1].party.share, _cost(found[-1]))
        return found

    def wait(self, applicant: Applicant) -> float:
        """Return the seconds that others would delay an applicant, if it came now; unknown work counts as none.

        Each other party gets, until the applicant ends, at most its weight's part of what its own party gets.
        """
        mine, weight = applicant.party.name, applicant.party.weight
        left: dict[str, float] = {}
        weights: dict[str, float] = {}
        later = [each for each in self._waiting.items(mine) if each.work > applicant.work]
        for other in (*self._running, *self.order()):
            if other not in later:
                name = other.party.name
                left[name] = left.get(name, 0.0) + other.work * (1 - other.done)
                weights[name] = other.party.weight
        ahead = left.pop(mine, 0.0)
        until = ahead + applicant.work
        return ahead + sum(min(work, until * weights[name] / weight) for name, work in left.items())

    async def _enter(self, applicant: Applicant) -> None:
        if not self._waiting.items(applicant.party.name) and self._may_run(applicant):
            self._start(applicant)
            return
        self._check_room(applicant)
        turn = self._turns[id(applicant)] = asyncio.get_running_loop().create_future()
        self._waiting.push(applicant.party.share, applicant.work, applicant)
        try:
            await turn
        except asyncio.CancelledError:
            if self._turns.pop(id(applicant), None) is not None:
                self._waiting.remove(applicant.party.share, applicant)
            elif applicant in self._running:  # it got its turn when it was cancelled
                self._leave(applicant)
            raise

    def _check_room(self, applicant: Applicant) -> None:
        party = applicant.party
        waiting, most = len(self._waiting.items(party.name)), self._most_waiting(party)
        if waiting < most:
            return
        message = f"the server is busy: {len(self._running)} requests run and {len(self._waiting)} wait"
        if self._parties():
            who = f'the key "{party.name}"' if party.name else "clients without a key"
            running = len([each for each in self._running if each.party.name == party.name])
            limits = f"{most} waiting" if party.max_running is None else f"{party.max_running} running, {most} waiting"
            message = f"too many requests of {who}: {running} run and {waiting} wait (limits: {limits})"
        seconds = min(max(math.ceil(self.wait(applicant)), 1), 120)
        raise APIError(429, f"{message}; try again later", code="queue_full", headers={"retry-after": str(seconds)})

    def _most_waiting(self, party: Party) -> int:
        if party.max_waiting is not None:
            return party.max_waiting
        weights = sum(each.weight for each in {*self._parties(), party})
        return max(int(self._max_waiting * party.weight / weights), min(self._max_waiting, 1))

    def _may_run(self, applicant: Applicant) -> bool:
        party, running, most = applicant.party, len(self._running), self._max_running()
        names = [each.party.name for each in self._running]
        mine = names.count(party.name)
        if mine == 0:
            return running < most
        idle = {each.name for each in self._parties()}.difference(names)
        kept = min(len(idle), most // 2)
        return running + kept < most and (party.max_running is None or mine < party.max_running)

    def _start(self, applicant: Applicant) -> None:
        self._waiting.charge(applicant.party.share, _cost(applicant))
        self._running.append(applicant)
        self._time.change([each.party for each in self._running])

    def _leave(self, applicant: Applicant) -> None:
        self._running.remove(applicant)
        self._time.change([each.party for each in self._running])
        while self._waiting:
            try:
                following = self._waiting.pop(self._may_run)
            except IndexError:
                return
            turn = self._turns.pop(id(following))
            if not turn.cancelled():
                self._start(following)
                turn.set_result(None)


def _cost(applicant: Applicant) -> float:
    return applicant.work or 1.0
