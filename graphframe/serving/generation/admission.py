"""Limits on the requests that run and wait."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graphframe.serving.errors import APIError


class Admission:
    """A limited number of places to run, with a queue in order of arrival. Waiting costs no thread.

    Parameters
    ----------
    max_running, max_waiting : int
    """

    def __init__(self, max_running: int, max_waiting: int) -> None:
        self._max_running = max_running
        self._max_waiting = max_waiting
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._seconds: deque[float] = deque(maxlen=32)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a place to run, and hold it within the block.

        Raises
        ------
        APIError
            429 if the queue is full.
        """
        await self._enter()
        started = time.monotonic()
        try:
            yield
            self._seconds.append(time.monotonic() - started)
        finally:
            self._leave()

    async def _enter(self) -> None:
        if self._running < self._max_running:
            self._running += 1
            return
        if len(self._waiting) >= self._max_waiting:
            raise APIError(
                429,
                f"the server is busy: {self._running} requests run and {len(self._waiting)} wait; try again later",
                code="queue_full",
                headers={"retry-after": str(self._retry_after())},
            )
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif not turn.cancelled():  # it got its turn when it was cancelled
                self._leave()
            raise

    def _leave(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._running -= 1

    def _retry_after(self) -> int:
        """Estimate the seconds until the waiting requests have started, from recent runs."""
        mean = sum(self._seconds) / len(self._seconds) if self._seconds else 1.0
        rounds = (len(self._waiting) + 1) / self._max_running
        return min(max(math.ceil(mean * rounds), 1), 120)
