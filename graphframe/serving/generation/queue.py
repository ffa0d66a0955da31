"""The generations that wait or run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from graphframe.serving.access.party import Party
from graphframe.serving.errors import APIError
from graphframe.serving.generation.admission import Admission
from graphframe.serving.generation.generation import CANCELLED, Generation
from graphframe.serving.generation.pace import Pace


class Queue:
    """The generations that wait or run.

    Parameters
    ----------
    max_running : callable
        Returns the limit of generations that run at once.
    max_waiting : int
        The limit of those that wait; further ones are rejected.
    parties : callable, optional
        Returns those who have keys, and therefore shares of the queue.
    """

    def __init__(
        self, max_running: Callable[[], int], max_waiting: int, parties: Callable[[], Sequence[Party]] = tuple
    ) -> None:
        self._admission = Admission(max_running, max_waiting, parties)
        self._pace = Pace()
        self._generations: list[Generation] = []
        self._failure: APIError | None = None

    @asynccontextmanager
    async def turn(self, generation: Generation) -> AsyncIterator[None]:
        """Wait in the queue, then hold one of the places to run.

        Raises
        ------
        APIError
            429 if the queue is full; 504 if others would delay it past its deadline; the error of `fail_all`.
        """
        if self._failure is not None:
            raise self._failure
        self._generations.append(generation)
        status = 500
        try:
            generation.work = self._pace.expected(generation)
            if (wait := self._admission.wait(generation)) > 0:
                generation.deadline.check(wait + generation.work)
            async with self._admission.slot(generation) as worked:
                generation.start()
                yield
                self._pace.learn(generation, worked())
            status = 200
        except APIError as error:
            status = error.status_code
            raise
        except asyncio.CancelledError:
            failed = CANCELLED if generation.failure is None else generation.failure.status_code
            status = 200 if generation.complete else failed
            raise
        finally:
            self._generations.remove(generation)
            generation.end(status)

    def fail_all(self, error: APIError) -> None:
        """End all generations with an error, and refuse new ones with it."""
        self._failure = error
        for generation in self._generations:
            generation.fail(error)

    def positions(self) -> list[tuple[Generation, int]]:
        """Return the generations in order of arrival, each with its position: 0 if it runs, else from 1."""
        order = self._admission.order()
        return [(each, order.index(each) + 1 if each in order else 0) for each in self._generations]
