"""``GET /metrics``, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

import falcon.asgi
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from graphframe.serving.generation import Generation, Queue
from graphframe.serving.lifecycle.model import ServedModels, State

_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500)


class Metrics(Collector):
    """Counts what generations came to, and tells how many there are now and what the models take."""

    def __init__(self, models: ServedModels, queue: Queue) -> None:
        self._models = models
        self._queue = queue
        self._registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests that ended, by HTTP status or as cancelled.", "status")
        self._images = self._counter("images", "Images that were made.")
        self._node_seconds = self._counter("node_seconds", "Seconds that each node of the graph worked.", "node")
        self._seconds = Histogram(
            "graphframe_request_seconds",
            "Seconds from when a request came until it ended, its wait included.",
            ["model"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(self)
        queue.on_end = self._count

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer in Prometheus' text format."""
        resp.data = generate_latest(self._registry)
        resp.content_type = CONTENT_TYPE_LATEST

    def collect(self) -> Iterator[Metric]:
        """What is so now."""
        current = GaugeMetricFamily("graphframe_current_requests", "Requests under way.", labels=["status"])
        running, waiting = self._queue.counts()
        current.add_metric(["running"], running)
        current.add_metric(["waiting"], waiting)
        available = GaugeMetricFamily("graphframe_model_available", "Whether a model can be asked.", labels=["model"])
        taken = GaugeMetricFamily("graphframe_model_bytes", "What a loaded model takes, about.", labels=["model"])
        weights = GaugeMetricFamily(
            "graphframe_node_weights_bytes", "The weights that a node loaded.", labels=["model", "node"]
        )
        for model in self._models:
            available.add_metric([model.name], model.state is State.AVAILABLE)
            version = model.version
            taken.add_metric([model.name], version.bytes if version else 0)
            for node, size in version.weights.items() if version else ():
                weights.add_metric([model.name, node], size)
        yield from (current, available, taken, weights)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"graphframe_{name}", text, ["model", *labels], registry=self._registry)

    def _count(self, generation: Generation, status: str, seconds: float) -> None:
        model = generation.model.name
        self._requests.labels(model, status).inc()
        self._images.labels(model).inc(generation.made)
        self._seconds.labels(model).observe(seconds)
        for node, stage in generation.progress.stages.items():
            self._node_seconds.labels(model, node).inc(stage.seconds)
