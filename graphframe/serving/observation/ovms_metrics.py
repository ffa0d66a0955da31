"""The metrics of OpenVINO Model Server that have a meaning here, by its names, types and labels."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry, Counter, Histogram

from graphframe.serving.generation.generation import CANCELLED, Generation
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.observation.exchange import Exchange

_LABELS = ["api", "interface", "method", "name"]
_VERSION = "1"
_COUNTER = re.compile(rb"^((?:# \w+ )?ovms_\w+)_total\b", re.MULTILINE)
_BUCKET = re.compile(rb'^(ovms_\w+_bucket\{(?:.*,)?le=")(\d[\d.e+]*)', re.MULTILINE)
_MICROSECONDS = [int(10 * 1.8**power) for power in range(33)]


class OvmsMetrics:
    """Counters of calls to graphs (API ``V3``, with all paths of images) and of KServe's calls.

    In OpenVINO Model Server, the metrics with a version are those of classic models, and its dashboard for these draws
    nothing else. So a generation is also an inference (``ModelInfer``) of version 1 of its model.

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
        self._success = self._counter("requests_success", "Number of successful requests to a model.", "version")
        self._fail = self._counter("requests_fail", "Number of failed requests to a model.", "version")
        self._time = self._histogram("graph_processing_time_us", "Time that graphs took.", "name", "method")
        self._latency = self._histogram("graph_request_latency_us", "Time until the response.", "name", "method")
        self._request = self._histogram("request_time_us", "Time of requests.", "interface", "name", "version")
        self._inference = self._histogram("inference_time_us", "Time that generations ran.", "name", "version")
        self._wait = self._histogram(
            "wait_for_infer_req_time_us", "Time that generations waited in the queue.", "name", "version"
        )

    def prepare(self) -> None:
        """Add all series of all models, so that their rates are known from the first request."""
        for model in self._models:
            for method in ("Unary", "Stream"):
                for histogram in (self._time, self._latency):
                    histogram.labels(model.name, method)
                for counter in (self._accepted, self._rejected, self._errors, self._responses):
                    counter.labels("V3", "REST", method, model.name)
            for counter in (self._success, self._fail):
                counter.labels("V3", "REST", "ModelInfer", model.name, _VERSION)
                for method in ("ModelReady", "ModelMetadata"):
                    counter.labels("KServe", "REST", method, model.name, "")
            self._request.labels("REST", model.name, _VERSION)
            for histogram in (self._inference, self._wait):
                histogram.labels(model.name, _VERSION)

    def count(self, exchange: Exchange) -> None:
        """Count an exchange that ended, if its request names a model."""
        if not exchange.model:
            return
        if exchange.route.startswith("/v2/models/"):
            method = "ModelReady" if exchange.path.rstrip("/").endswith("/ready") else "ModelMetadata"
            counter = self._success if exchange.status == 200 else self._fail
            counter.labels("KServe", "REST", method, exchange.model, "").inc()
        elif exchange.method == "POST" and "/images/" in exchange.route:
            self._count_images(exchange)

    def _count_images(self, exchange: Exchange) -> None:
        method, generation = "Stream" if exchange.stream else "Unary", exchange.generation
        labels = ("V3", "REST", method, exchange.model)
        if exchange.status != CANCELLED:
            counter = self._fail if exchange.status >= 400 else self._success
            counter.labels("V3", "REST", "ModelInfer", exchange.model, _VERSION).inc()
        if generation is None or not generation.started:
            self._rejected.labels(*labels).inc()
            return
        self._accepted.labels(*labels).inc()
        self._responses.labels(*labels).inc(_responses(exchange, generation))
        self._errors.labels(*labels).inc(400 <= exchange.status != CANCELLED)
        total, ran = 1e6 * exchange.seconds, 1e6 * generation.ran()
        self._time.labels(exchange.model, method).observe(ran)
        self._latency.labels(exchange.model, method).observe(total)
        self._request.labels("REST", exchange.model, _VERSION).observe(total)
        self._inference.labels(exchange.model, _VERSION).observe(ran)
        self._wait.labels(exchange.model, _VERSION).observe(1e6 * generation.waited())

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"ovms_{name}", text, [*_LABELS, *labels], registry=self._registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"ovms_{name}", text, labels, buckets=_MICROSECONDS, registry=self._registry)


def respelled(text: bytes) -> bytes:
    """Return metrics in Prometheus' text format with the spelling of OpenVINO Model Server, where they are its own.

    prometheus_client appends ``_total`` to all names of counters, and writes bounds of buckets as floats.

    >>> respelled(b'ovms_responses_total{name="sd"} 1.0')
    b'ovms_responses{name="sd"} 1.0'
    >>> respelled(b'ovms_request_time_us_bucket{le="1.274823e+06",name="sd"} 1.0')
    b'ovms_request_time_us_bucket{le="1274823",name="sd"} 1.0'
    """
    text = _COUNTER.sub(rb"\1", text)
    return _BUCKET.sub(lambda match: match[1] + b"%d" % float(match[2]), text)


def _responses(exchange: Exchange, generation: Generation) -> int:
    """Return the number of events of a stream, or 1 for all images together."""
    if exchange.stream:
        return generation.made + generation.previews
    return int(exchange.status == 200)
