"""``GET /queue``: the client's own requests that wait or run."""

from __future__ import annotations

import time

import falcon.asgi

from graphframe.serving.api.responses import QueuedNode, QueuedRequest, QueueList
from graphframe.serving.generation.generation import Generation
from graphframe.serving.generation.queue import Queue


class QueueResource:
    """The resource of ``/queue``.

    Parameters
    ----------
    queue : Queue
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """List the client's own requests."""
        owner = owner_of(req)
        positions = self._queue.positions()
        resp.media = QueueList(
            data=[_describe(generation, at) for generation, at in positions if generation.owner == owner]
        )


def owner_of(req: falcon.asgi.Request) -> str:
    """Return the client's identity: its party, the key it sends unasked, or its ``x-request-id``."""
    if req.context.party.name:
        return f"party {req.context.party.name}"
    key: str | None = req.get_header("authorization") or req.get_header("api-key")
    return f"key {key}" if key else f"request {req.context.id}"


def _describe(generation: Generation, position: int) -> QueuedRequest:
    stages = generation.progress.stages.copy()
    now = time.perf_counter()
    step, steps = generation.steps
    return QueuedRequest(
        id=generation.id,
        model=generation.model.name,
        created=int(generation.created),
        status="in_progress" if generation.running else "queued",
        position=position,
        step=step,
        steps=steps or None,
        nodes=[
            QueuedNode(
                name=name,
                status="in_progress" if stage.began else "completed",
                seconds=round(stage.seconds_at(now), 3),
            )
            for name, stage in stages.items()
        ],
    )
