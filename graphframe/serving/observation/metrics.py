"""Counters and histograms of HTTP exchanges, in Prometheus' data model."""

from __future__ import annotations

from falcon.constants import COMBINED_METHODS
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from graphframe.serving.generation.generation import Generation
from graphframe.serving.generation.queue import Queue
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.observation.exchange import Exchange
from graphframe.serving.observation.ovms_metrics import OvmsMetrics, respelled
from graphframe.serving.observation.state_metrics import StateMetrics

_REQUEST_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500)
_NODE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250)


class Metrics:
    """All metrics of a server.

    Parameters
    ----------
    models : ServedModels
    queue : Queue
    """

    def __init__(self, models: ServedModels, queue: Queue) -> None:
        self._models = models
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "graphframe_requests",
            "HTTP requests that were answered; status 499 if the client disconnected before.",
            ["route", "method", "model", "status"],
            registry=self._registry,
        )
        self._images = Counter("graphframe_images", "Generated images.", ["model"], registry=self._registry)
        self._seconds = self._histogram("request", "Seconds of a generation, from the arrival of its request.")
        self._queue_seconds = self._histogram("queue", "Seconds that a generation waited in the queue.")
        self._service_seconds = self._histogram("service", "Seconds that a generation ran.")
        self._node_seconds = self._node_histogram("node", "Seconds that a node worked for a generation.")
        self._step_seconds = self._node_histogram("step", "Seconds of one step of a node, with its waits.")
        self._ovms = OvmsMetrics(self._registry, models)
        self._registry.register(StateMetrics(models, queue))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        for model in self._models:  # so that their rates are known from the first request
            for family in (self._images, self._seconds, self._queue_seconds, self._service_seconds):
                family.labels(model.name)
        self._ovms.prepare()
        return respelled(generate_latest(self._registry))

    def count(self, exchange: Exchange) -> None:
        """Count an exchange that ended."""
        method = exchange.method if exchange.method in COMBINED_METHODS else "OTHER"
        self._requests.labels(exchange.route, method, exchange.model, exchange.status).inc()
        self._ovms.count(exchange)
        if exchange.generation is not None:
            self._seconds.labels(exchange.model).observe(exchange.seconds)
            self._count_generation(exchange.generation)

    def _count_generation(self, generation: Generation) -> None:
        model = generation.model.name
        self._images.labels(model).inc(generation.made)
        self._queue_seconds.labels(model).observe(generation.waited())
        if generation.started:
            self._service_seconds.labels(model).observe(generation.ran())
        for node, stage in generation.progress.stages.copy().items():
            if not stage.began:  # a cancelled node may still be working
                self._node_seconds.labels(model, node).observe(stage.seconds)
            for seconds in stage.step_seconds.copy():
                self._step_seconds.labels(model, node).observe(seconds)

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(
            f"graphframe_{name}_seconds", text, ["model"], buckets=_REQUEST_SECONDS, registry=self._registry
        )

    def _node_histogram(self, name: str, text: str) -> Histogram:
        return Histogram(
            f"graphframe_{name}_seconds", text, ["model", "node"], buckets=_NODE_SECONDS, registry=self._registry
        )
