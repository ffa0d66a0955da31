"""The generations that wait or run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graphframe.serving.errors import APIError
from graphframe.serving.generation.admission import Admission
from graphframe.serving.generation.generation import CANCELLED, Generation


class Queue:
    """The generations that wait or run, in order of arrival.

    Parameters
    ----------
    max_running, max_waiting : int
        The limits of generations that run at once, and that wait; further ones are rejected.
    """

    def __init__(self, max_running: int, max_waiting: int) -> None:
        self._admission = Admission(max_running, max_waiting)
        self._generations: list[Generation] = []
        self._failure: APIError | None = None

    @asynccontextmanager
    async def turn(self, generation: Generation) -> AsyncIterator[None]:
        """Wait in the queue, then hold one of the places to run.

        Raises
        ------
        APIError
            429 if the queue is full; the error of `fail_all`.
        """
        if self._failure is not None:
            raise self._failure
        self._generations.append(generation)
        status = 500
        try:
            async with self._admission.slot():
                generation.start()
                yield
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
        waiting = 0
        found = []
        for generation in self._generations:
            waiting += not generation.running
            found.append((generation, 0 if generation.running else waiting))
        return found
