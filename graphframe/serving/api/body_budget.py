"""The memory for the bodies of requests."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import falcon.asgi

from graphframe.fair_queue import FairQueue
from graphframe.serving.access.party import Party
from graphframe.serving.api.form_body import MAX_BYTES
from graphframe.serving.api.json_body import discard
from graphframe.serving.errors import APIError
from graphframe.serving.observation.exchange import EXCHANGE, Exchange

_SECONDS = 10.0
_RETRY_SECONDS = 5
_GARBAGE = 0.1
"""The part of the budget at which garbage is collected: runs and errors refer to themselves, and keep their bodies."""
_FULL = "the server has no room for the body of the request: it holds those of too many others; try again later"


class BodyBudget:
    """A budget of bytes for the bodies of requests, from their arrival to the end of their answers.

    Parties that have keys may use their shares of it, at least the size of the largest body.

    Parameters
    ----------
    bytes : int
        At least the size of the largest body.
    parties : callable, optional
        Returns those who have keys.
    seconds : float, optional
        How long a body waits for room.
    """

    def __init__(self, bytes: int, parties: Callable[[], Sequence[Party]] = tuple, seconds: float = _SECONDS) -> None:
        self._bytes = bytes
        self._parties = parties
        self._seconds = seconds
        self._held: list[_Body] = []
        self._garbage = 0
        self._waiting: FairQueue[_Body] = FairQueue()

    @asynccontextmanager
    async def arrival(self, req: falcon.asgi.Request, most: int) -> AsyncIterator[None]:
        """Wait for room for the body of a request, which is to be read within the block.

        A body of unknown length has room for `most` bytes until it has arrived.

        Raises
        ------
        APIError
            503 if no room is found in time.
        """
        length = most if req.content_length is None else min(req.content_length, most)
        body = _Body(EXCHANGE.get(), req.context.party, length)
        self._waiting.push(body.party.share, 0.0, body)
        self._admit()
        try:
            await asyncio.wait([body.admitted], timeout=self._seconds)
        finally:
            if not body.admitted.done():
                self._waiting.remove(body.party.share, body)
        if not body.admitted.done():
            await discard(req.stream)
            raise APIError(503, _FULL, code="bodies_full", headers={"retry-after": str(_RETRY_SECONDS)})
        yield
        body.bytes = min(length, req.stream.tell())
        self._admit()

    def release(self, exchange: Exchange) -> None:
        """Give back the room of an exchange that ended."""
        for body in [each for each in self._held if each.exchange is exchange]:
            self._held.remove(body)
            self._garbage += body.bytes
        if self._garbage > self._bytes * _GARBAGE:
            asyncio.get_running_loop().call_soon(self._collect)  # once the task of the exchange has ended
        self._admit()

    def _collect(self) -> None:
        gc.collect()
        self._garbage = 0
        self._admit()

    def _admit(self) -> None:
        while self._waiting:
            try:
                body = self._waiting.pop(self._fits)
            except IndexError:
                if self._garbage:
                    self._collect()
                return
            self._waiting.charge(body.party.share, body.bytes)
            self._held.append(body)
            body.admitted.set_result(None)

    def _fits(self, body: _Body) -> bool:
        held = self._garbage + sum(each.bytes for each in self._held)
        own = sum(each.bytes for each in self._held if each.party.name == body.party.name)
        return held + body.bytes <= self._bytes and own + body.bytes <= self._most(body.party)

    def _most(self, party: Party) -> float:
        weights = sum(each.weight for each in {*self._parties(), party})
        return max(self._bytes * party.weight / weights, MAX_BYTES)


@dataclass(eq=False, slots=True)
class _Body:
    exchange: Exchange
    party: Party
    bytes: int
    admitted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
