"""Each HTTP request as a span of OpenTelemetry, which is an extra: only `span_export` imports this module."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import falcon.asgi
from falcon.constants import COMBINED_METHODS
from opentelemetry.propagate import extract
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind, StatusCode, format_trace_id, set_span_in_context

from graphframe import __version__
from graphframe.serving.observation.exchange import EXCHANGE, Exchange, is_polled
from graphframe.tracing.node_spans import NodeSpans


class RequestSpans:
    """Falcon middleware that starts a span for each request, with a child for each node; `end` ends them.

    Parameters
    ----------
    provider : opentelemetry.sdk.trace.TracerProvider
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("graphframe", __version__)
        self._open: dict[int, tuple[Span, NodeSpans]] = {}

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Start the span of a request, below the one that its headers name, unless clients poll its path."""
        exchange = EXCHANGE.get()
        if is_polled(exchange.path):
            return
        attributes = {"http.request.method": _method(exchange), "url.path": exchange.path, "url.scheme": req.scheme}
        span = self._tracer.start_span(_method(exchange), extract(req.headers), SpanKind.SERVER, attributes)
        exchange.trace_id = format_trace_id(span.get_span_context().trace_id)
        if span.is_recording():
            exchange.tracer = nodes = NodeSpans(self._tracer, set_span_in_context(span))
            self._open[id(exchange)] = span, nodes

    def end(self, exchange: Exchange) -> None:
        """End the span of an exchange that ended, and those of its nodes."""
        if id(exchange) not in self._open:
            return
        span, nodes = self._open.pop(id(exchange))
        generation = exchange.generation
        nodes.finish(generation.error if generation else None)
        span.update_name(f"{_method(exchange)} {exchange.route}".rstrip())
        span.set_attributes(_attributes(exchange))
        if exchange.status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end()

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Export the spans that are still here."""
        await asyncio.to_thread(self._provider.shutdown)


def _method(exchange: Exchange) -> str:
    return exchange.method if exchange.method in COMBINED_METHODS else "_OTHER"


def _attributes(exchange: Exchange) -> dict[str, str | int | float]:
    """Return OpenTelemetry's attributes of an HTTP answer, and those of a generation."""
    found: dict[str, str | int | float] = {
        "http.response.status_code": exchange.status,
        "graphframe.request_id": exchange.id,
    }
    if exchange.route:
        found["http.route"] = exchange.route
    if exchange.status >= 500:
        found["error.type"] = str(exchange.status)
    if exchange.model:
        found["graphframe.model"] = exchange.model
    if generation := exchange.generation:
        found["graphframe.queue_seconds"] = generation.waited()
        found["graphframe.images"] = generation.made
        found["graphframe.steps"] = generation.steps[0]
        found["graphframe.size"] = generation.size
    return found
