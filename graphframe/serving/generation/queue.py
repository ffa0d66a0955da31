"""All generations that are under way; and ``GET /queue``, where clients see their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import falcon.asgi

from graphframe.serving.api.responses import QueuedNode, QueuedRequest, QueueList
from graphframe.serving.errors import APIError
from graphframe.serving.generation.admission import Admission
from graphframe.serving.generation.generation import Generation


class Queue:
    """The generations in the order in which they came, those that run among them.

    Parameters
    ----------
    max_running, max_waiting : int
        How many run at once, and how many wait; more are turned away.

    Attributes
    ----------
    on_end : callable
        What is called with a generation that ended, its HTTP status or ``"cancelled"``, and the seconds it took.
    """

    def __init__(self, max_running: int, max_waiting: int) -> None:
        self._admission = Admission(max_running, max_waiting)
        self._generations: list[Generation] = []
        self.on_end: Callable[[Generation, str, float], None] = lambda generation, status, seconds: None

    def counts(self) -> tuple[int, int]:
        """How many run, and how many wait."""
        running = sum(generation.running for generation in self._generations)
        return running, len(self._generations) - running

    @asynccontextmanager
    async def turn(self, generation: Generation) -> AsyncIterator[None]:
        """Stand in the queue, and then be one of those that run.

        Raises
        ------
        APIError
            429, if as many wait as may.
        """
        self._generations.append(generation)
        status = "cancelled"
        try:
            async with self._admission.slot():
                yield
            status = "200"
        except APIError as error:
            status = str(error.status_code)
            raise
        except asyncio.CancelledError:
            if generation.made >= generation.request.n:  # only previews were still to come
                status = "200"
            raise
        finally:
            self._generations.remove(generation)
            self.on_end(generation, status, time.time() - generation.created)

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """List the client's own requests."""
        waiting = [generation for generation in self._generations if not generation.running]
        resp.media = QueueList(
            data=[
                _describe(generation, 0 if generation.running else waiting.index(generation) + 1)
                for generation in self._generations
                if generation.owner == owner_of(req)
            ]
        )


def owner_of(req: falcon.asgi.Request) -> str:
    """Whose a request is: that of everybody who has the same key or, without one, sends the same ``x-request-id``."""
    key: str | None = req.get_header("authorization") or req.get_header("api-key")
    return f"key {key}" if key else f"request {req.context.id}"


def _describe(generation: Generation, position: int) -> QueuedRequest:
    stages = generation.progress.stages.copy()
    now = time.perf_counter()
    step, steps = next(((stage.step, stage.steps) for stage in stages.values() if stage.steps), (0, None))
    return QueuedRequest(
        id=generation.id,
        model=generation.model.name,
        created=int(generation.created),
        status="in_progress" if generation.running else "queued",
        position=position,
        step=step,
        steps=steps,
        nodes=[
            QueuedNode(
                name=name,
                status="in_progress" if stage.began else "completed",
                seconds=round(stage.seconds_at(now), 3),
            )
            for name, stage in stages.items()
        ],
    )
