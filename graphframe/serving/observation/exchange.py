"""One HTTP request and its answer, as the log and the metrics see it."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass, field

from graphframe.framework.running.tracers import Tracer
from graphframe.serving.generation.generation import CANCELLED, Generation


@dataclass(slots=True)
class Exchange:
    """One HTTP request and its answer.

    Attributes
    ----------
    method, path : str
        As the client sent them.
    id : str
        The request's id.
    route : str
        The template of the path; empty if nothing is served there.
    model : str
        The name of the model, if the request names one that exists.
    stream : bool
        Whether the answer is an event stream.
    generation : Generation or None
        None if the request was refused before it, or needs none.
    trace_id : str
        The trace that the request belongs to; empty without OpenTelemetry.
    tracer : Tracer or None
        A further tracer of the run.
    status : int
        The HTTP status; of a stream that ends with an error event, that of the error; `CANCELLED`.
    began : float
        On `time.perf_counter`'s clock.
    seconds : float
        The duration, known at the end.
    """

    method: str
    path: str
    id: str = ""
    route: str = ""
    model: str = ""
    stream: bool = False
    generation: Generation | None = None
    trace_id: str = ""
    tracer: Tracer | None = None
    status: int = 0
    began: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0

    def end(self, left: bool) -> None:
        """Note the duration and the final status.

        Parameters
        ----------
        left : bool
            Whether the client disconnected before the end of the answer.
        """
        self.seconds = time.perf_counter() - self.began
        generation = self.generation
        if self.stream and generation is not None and self.status == 200:
            self.status = generation.status or (200 if generation.complete else CANCELLED)
        elif left or not self.status:
            self.status = CANCELLED


def is_polled(path: str) -> bool:
    """Whether clients ask for a path, or a route, again and again."""
    return path == "/metrics" or path.startswith("/v2") or path.endswith("/queue")


EXCHANGE: ContextVar[Exchange] = ContextVar("exchange")
"""The exchange that the current task handles."""
