"""The metrics of OpenVINO Model Server that have a meaning here, by its names, types and labels."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from graphframe.serving.generation.generation import CANCELLED, Generation
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.observation.exchange import Exchange

_LABELS = ["api", "interface", "method", "name"]
_MICROSECONDS = [int(10 * 1.8**power) for power in range(33)]


class OvmsMetrics:
    """Counters of calls to graphs (API ``V3``, with all paths of images) and of KServe's calls.

    Parameters
    ----------
    registry : CollectorRegistry
    models : ServedModels
    """

    def __init__(self, registry: CollectorRegistry, models: ServedModels) -> None:
        self._models = models
        self._registry = registry
        self._accepted = self._counter("requests_accepted", "Number of requests that started a graph.")
        self._rejected = self._counter("requests_rejected", "Number of requests that were refused before a graph.")
        self._errors = self._counter("graph_error", "Number of errors of graphs.")
        self._responses = self._counter("responses", "Number of responses that graphs generated.")
        self._success = self._counter("requests_success", "Number of successful KServe requests to a model.")
        self._fail = self._counter("requests_fail", "Number of failed KServe requests to a model.")
        self._time = Histogram(
            "ovms_graph_processing_time_us",
            "Time that graphs took, in microseconds.",
            ["name", "method"],
            buckets=_MICROSECONDS,
            registry=registry,
        )

    def prepare(self) -> None:
        """Add all series of all models, so that their rates are known from the first request."""
        for model in self._models:
            for method in ("Unary", "Stream"):
                self._time.labels(model.name, method)
                for counter in (self._accepted, self._rejected, self._errors, self._responses):
                    counter.labels("V3", "REST", method, model.name)
            for method in ("ModelReady", "ModelMetadata"):
                for counter in (self._success, self._fail):
                    counter.labels("KServe", "REST", method, model.name)

    def count(self, exchange: Exchange) -> None:
        """Count an exchange that ended, if its request names a model."""
        if not exchange.model:
            return
        if exchange.route.startswith("/v2/models/"):
            method = "ModelReady" if exchange.path.rstrip("/").endswith("/ready") else "ModelMetadata"
            counter = self._success if exchange.status == 200 else self._fail
            counter.labels("KServe", "REST", method, exchange.model).inc()
        elif exchange.method == "POST" and "/images/" in exchange.route:
            self._count_images(exchange)

    def _count_images(self, exchange: Exchange) -> None:
        method, generation = "Stream" if exchange.stream else "Unary", exchange.generation
        labels = ("V3", "REST", method, exchange.model)
        if generation is None or not generation.started:
            self._rejected.labels(*labels).inc()
            return
        self._accepted.labels(*labels).inc()
        self._responses.labels(*labels).inc(_responses(exchange, generation))
        self._errors.labels(*labels).inc(400 <= exchange.status != CANCELLED)
        self._time.labels(exchange.model, method).observe(1e6 * generation.ran())

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"ovms_{name}", text, _LABELS, registry=self._registry)


def _responses(exchange: Exchange, generation: Generation) -> int:
    """Return the number of events of a stream, or 1 for all images together."""
    if exchange.stream:
        return generation.made + generation.previews
    return int(exchange.status == 200)
