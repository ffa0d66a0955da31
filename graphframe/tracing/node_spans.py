"""The nodes of a run as spans of OpenTelemetry, which is an extra: nothing else in this package imports it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.trace import Span, StatusCode, Tracer

from graphframe.framework.errors import CalculatorError, GraphError
from graphframe.framework.running.invocation import PROCESS, Invocation


@dataclass(slots=True)
class _NodeSpan:
    span: Span
    calls: int = 0
    working: int = 0
    ended: int = 0


class NodeSpans:
    """A span for each node of a run, from its first call to the end of its last: pass it as `tracer`, then `finish` it.

    The attributes of a span are ``graphframe.calculator``, ``graphframe.device`` and ``graphframe.calls``.

    Parameters
    ----------
    tracer : opentelemetry.trace.Tracer
    context : opentelemetry.context.Context, optional
        The parent of the spans; by default the current context.
    """

    def __init__(self, tracer: Tracer, context: Context | None = None) -> None:
        self._tracer = tracer
        self._context = context
        self._nodes: dict[str, _NodeSpan] = {}
        self._lock = threading.Lock()

    def ready(self, call: Invocation) -> None:
        """Ignore that a calculator can be called."""

    def begin(self, call: Invocation) -> None:
        """Start the node's span at its first call."""
        if call.phase is not PROCESS:
            return
        with self._lock:
            node = self._nodes.get(call.node.name)
            if node is None:
                attributes = {"graphframe.calculator": call.node.calculator, "graphframe.device": call.node.device}
                span = self._tracer.start_span(call.node.name, self._context, attributes=attributes)
                node = self._nodes[call.node.name] = _NodeSpan(span)
            node.calls += 1
            node.working += 1

    def end(self, call: Invocation) -> None:
        """Note when the latest call of a node has ended."""
        if call.phase is PROCESS:
            with self._lock:
                node = self._nodes[call.node.name]
                node.working -= 1
                node.ended = time.time_ns()

    def finish(self, error: GraphError | None = None) -> None:
        """End all spans, after the run; those of nodes that a cancelled run has not left yet, too.

        Parameters
        ----------
        error : GraphError, optional
            The error of the run, which becomes the status of the node that raised it.
        """
        with self._lock:
            for name, node in self._nodes.items():
                node.span.set_attribute("graphframe.calls", node.calls)
                if isinstance(error, CalculatorError) and error.node == name:
                    node.span.set_attribute("error.type", type(error.__cause__).__qualname__)
                    node.span.set_status(StatusCode.ERROR)
                node.span.end(None if node.working else node.ended)
