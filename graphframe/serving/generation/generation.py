"""One request that waits or runs, as the plain answer, the event stream and the queue see it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from graphframe.framework.errors import GraphError
from graphframe.framework.graph import Graph
from graphframe.framework.running.tracers import Tracer
from graphframe.framework.timestamp import Timestamp
from graphframe.images import EncodedImage, ImageRequest, invalid_request
from graphframe.progress import Progress
from graphframe.repository.image_metadata import image_metadata
from graphframe.repository.speeds import graph_speed
from graphframe.serving.access.party import NO_PARTY, Party
from graphframe.serving.errors import NO_RETRY, APIError, out_of_memory
from graphframe.serving.generation.deadline import Deadline
from graphframe.serving.lifecycle.model import ServedModel
from graphframe.speed import Speed

CANCELLED = 499
"""The status of a generation whose client disconnected before it ended, as in nginx's log."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Partial:
    """A preview and its index."""

    index: int
    image: EncodedImage


class Generation:
    """One run of a model's graph, from the arrival of its request.

    Parameters
    ----------
    model : ServedModel
    request : ImageRequest
        If it has metadata, the graph's digest and speed are added to them.
    id : str
        The id of the request.
    owner : str
        The client that may see it in the queue.
    tracer : Tracer, optional
        A further tracer of the run.
    party : Party, optional
        The party for which it runs.
    deadline : Deadline, optional
        When the client needs it at the latest.

    Attributes
    ----------
    work : float
        The seconds that it probably takes alone; 0 if unknown.
    created : float
        The time of arrival, in seconds since the Unix epoch.
    running : bool
        Whether it runs; otherwise it waits.
    progress : Progress
    made : int
        The number of finished images.
    previews : int
        The number of previews.
    size : str
        The size of its images, or the requested one; empty if neither is known.
    status : int
        The HTTP status of its end, or `CANCELLED`; 0 before that.
    error : GraphError or None
        Why its run failed.
    speed : Speed
        The speed of the graph; ``"exact"`` before it runs.
    failure : APIError or None
        The error of `fail`.
    """

    def __init__(
        self,
        model: ServedModel,
        request: ImageRequest,
        id: str,
        owner: str,
        tracer: Tracer | None = None,
        party: Party = NO_PARTY,
        deadline: Deadline | None = None,
    ) -> None:
        self.model = model
        self.party = party
        self.deadline = deadline or Deadline(math.inf)
        self.work = 0.0
        self.request = request
        self.id = id
        self.owner = owner
        self.created = time.time()
        self.running = False
        self.progress = Progress(tracer)
        self._arrived: deque[Partial | EncodedImage] = deque()
        self._news = asyncio.Event()
        self.made = 0
        self.previews = 0
        self.size = f"{request.width}x{request.height}" if request.width and request.height else ""
        self.status = 0
        self.error: GraphError | None = None
        self.failure: APIError | None = None
        self.speed: Speed = "exact"
        self._arrived_at = time.perf_counter()
        self._started_at: float | None = None
        self._ended_at: float | None = None
        self._open = {"IMAGE", "PREVIEW"} if request.partial_images else {"IMAGE"}

    @property
    def complete(self) -> bool:
        """Whether all its images are finished; previews, and images that the graph refused, may be missing."""
        return self.made >= self.request.n or (self.made > 0 and "IMAGE" not in self._open)

    @property
    def steps(self) -> tuple[int, int]:
        """The number of steps that are done, and of all; zeros while no node reports steps."""
        stages = self.progress.stages.copy().values()
        return next(((stage.step, stage.steps) for stage in stages if stage.steps), (0, 0))

    @property
    def done(self) -> float:
        """The part of its steps that is done, from 0 to 1."""
        step, steps = self.steps
        return step / steps if steps else 0.0

    @property
    def started(self) -> bool:
        """Whether its wait in the queue has ended."""
        return self._started_at is not None

    def start(self) -> None:
        """Note that its wait has ended."""
        self._started_at = time.perf_counter()

    def end(self, status: int) -> None:
        """Note that it has ended, with an HTTP status or `CANCELLED`."""
        self.status = status
        self._ended_at = time.perf_counter()

    def fail(self, error: APIError) -> None:
        """Cancel the run; `events` raises the error, unless all images are there."""
        self.failure = error
        self._news.set()

    def waited(self) -> float:
        """Return the seconds that it waited in the queue."""
        return (self._started_at or self._ended_at or time.perf_counter()) - self._arrived_at

    def ran(self) -> float:
        """Return the seconds since its wait ended, until its end; 0 while it waits."""
        now = self._ended_at or time.perf_counter()
        return now - (self._started_at or now)

    async def events(
        self, turn: AbstractAsyncContextManager[None], every: float | None = None
    ) -> AsyncGenerator[Partial | EncodedImage | None, None]:
        """Wait for the turn, run the graph, and yield previews and images as they arrive. Call it once.

        It ends with the run, or when all images have arrived and only previews are missing. Closing it, or cancelling
        the task, cancels the run.

        Parameters
        ----------
        turn : async context manager
            The block to run in: `Queue.turn`.
        every : float, optional
            Yield None after this many seconds without an event.

        Raises
        ------
        APIError
            If the queue is full, the run fails, or `fail` is called.
        """
        task = asyncio.create_task(self._run(turn))
        task.add_done_callback(lambda _: self._news.set())
        left = self.deadline.left()
        timer = left is not None and asyncio.get_running_loop().call_later(
            left, lambda: self.fail(self.deadline.passed())
        )
        try:
            while True:
                while self._arrived and (task.done() or not self._is_held_back()):
                    yield self._arrived.popleft()
                if task.done() or (self.complete and self._open == {"PREVIEW"}):
                    break
                if self.failure is not None:
                    raise self.failure
                # NOTE: not wait_for, which before Python 3.12 loses a cancellation that arrives together with news.
                news = asyncio.ensure_future(self._news.wait())
                try:
                    await asyncio.wait([news], timeout=every)
                finally:
                    news.cancel()
                if not self._news.is_set():
                    yield None
                self._news.clear()
            if task.done():
                task.result()
        except (asyncio.CancelledError, GeneratorExit):
            _log.info("%s: the client disconnected; its run is cancelled", self.id)
            raise
        finally:
            task.cancel()
            if timer:
                timer.cancel()

    async def _run(self, turn: AbstractAsyncContextManager[None]) -> None:
        async with turn:
            self.running = True
            try:
                async with self.model.use() as served:
                    await self._run_graph(served.graph)
                    served.count({name: stage.seconds for name, stage in self.progress.stages.copy().items()})
            except GraphError as error:
                self.error = error
                if refusal := invalid_request(error):
                    raise APIError(400, str(refusal), param=refusal.param, code=refusal.code) from error
                _log.error("%s: %s", self.id, error, exc_info=error)
                if isinstance(error.__cause__, MemoryError):
                    raise out_of_memory() from error
                raise APIError(500, "the graph failed", code="generation_failed", headers=NO_RETRY) from error
            if not self.made:
                raise APIError(500, "the graph returned no image", code="generation_failed", headers=NO_RETRY)

    async def _run_graph(self, graph: Graph) -> None:
        self._open &= {*graph.outputs}
        self.speed = graph_speed(graph)
        request = self.request
        if request.metadata is not None:
            metadata = {**request.metadata, **image_metadata(graph)}
            request = msgspec.structs.replace(request, metadata=metadata)
        await graph.run_async(
            REQUEST=request,
            outputs=(),
            observers={key: self._in_loop(self._take, key) for key in self._open},
            bound_observers={key: self._in_loop(self._settle, key) for key in self._open},
            on_progress=self.progress.report,
            tracer=self.progress,
            share=self.party.share,
        )

    def _in_loop(self, call: Callable[[str, Any], None], key: str) -> Callable[[Any], None]:
        """Return a callable for the run's threads that calls `call` in the event loop."""
        loop = asyncio.get_running_loop()

        def call_soon(value: Any) -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(call, key, value)

        return call_soon

    def _take(self, key: str, packet: Any) -> None:
        if key == "IMAGE":
            self.made += 1
            self.size = f"{packet.value.width}x{packet.value.height}"
            self._arrived.append(packet.value)
        elif not self.made:  # a preview after an image is of no use
            self.previews += 1
            self._arrived.append(Partial(packet.timestamp, packet.value))
        self._news.set()

    def _is_held_back(self) -> bool:
        """Return whether the next event is an image that may be the last: its event has the warnings of all."""
        if len(self._arrived) > 1 or isinstance(self._arrived[0], Partial):
            return False
        return not self.complete and "IMAGE" in self._open and self.failure is None

    def _settle(self, key: str, bound: int) -> None:
        if bound == Timestamp.DONE:
            self._open.discard(key)
            self._news.set()
