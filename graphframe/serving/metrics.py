"""Counters of requests and gauges of models, in Prometheus' data model."""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from graphframe.serving.generation.generation import Generation
from graphframe.serving.generation.queue import Queue
from graphframe.serving.lifecycle.model import State
from graphframe.serving.lifecycle.models import ServedModels

_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500)


class Metrics(Collector):
    """Counters of requests that ended, and gauges of the queue and the models."""

    def __init__(self, models: ServedModels, queue: Queue) -> None:
        self._models = models
        self._queue = queue
        self._registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests that ended, by HTTP status or as cancelled.", "status")
        self._images = self._counter("images", "Generated images.")
        self._node_seconds = self._counter("node_seconds", "Seconds that each node of the graph worked.", "node")
        self._seconds = Histogram(
            "graphframe_request_seconds",
            "Seconds from the arrival of a request to its end, with its wait.",
            ["model"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(self)
        queue.on_end = self._count

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        current = GaugeMetricFamily("graphframe_current_requests", "Requests under way.", labels=["status"])
        running, waiting = self._queue.counts()
        current.add_metric(["running"], running)
        current.add_metric(["waiting"], waiting)
        available = GaugeMetricFamily("graphframe_model_available", "Whether a model is available.", labels=["model"])
        taken = GaugeMetricFamily("graphframe_model_bytes", "Memory of a loaded model.", labels=["model"])
        weights = GaugeMetricFamily(
            "graphframe_node_weights_bytes", "Weights that a node loaded.", labels=["model", "node"]
        )
        for model in self._models:
            footprint = model.graph.footprint if model.graph else None
            available.add_metric([model.name], model.state is State.AVAILABLE)
            taken.add_metric([model.name], footprint.bytes if footprint else 0)
            for node, size in footprint.weights.items() if footprint else ():
                weights.add_metric([model.name, node], size)
        yield from (current, available, taken, weights)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"graphframe_{name}", text, ["model", *labels], registry=self._registry)

    def _count(self, generation: Generation) -> None:
        model = generation.model.name
        self._requests.labels(model, generation.status).inc()
        self._images.labels(model).inc(generation.made)
        self._seconds.labels(model).observe(time.time() - generation.created)
        for node, stage in generation.progress.stages.copy().items():
            self._node_seconds.labels(model, node).inc(stage.seconds)
