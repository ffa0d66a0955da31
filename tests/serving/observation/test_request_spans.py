from __future__ import annotations

import logging

import falcon.testing
import pytest

from graphframe.serving import app
from graphframe.serving.observation import request_log
from graphframe.serving.options import ServerOptions
from tests.serving import toys
from tests.serving.conftest import MakeModel

pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed: spans are not tested")
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from graphframe.serving.observation.request_spans import RequestSpans

PATH = "/v1/images/generations"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def client(
    make_model: MakeModel, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> falcon.testing.TestClient:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(app, "request_spans", lambda environment: RequestSpans(provider))
    broken = make_model("broken", toys.GRAPH.replace("Paint", "Broken"))
    return falcon.testing.TestClient(app.make_app([make_model(), broken], ServerOptions(metrics_enable=True)))


def server_span(exporter: InMemorySpanExporter) -> ReadableSpan:
    """Return the span of the latest request."""
    return exporter.get_finished_spans()[-1]


def test_a_generation(client: falcon.testing.TestClient, exporter: InMemorySpanExporter) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=1", "x-request-id": "mine"}
    client.simulate_post(PATH, json={"model": "toy", "prompt": "a secret cat", "n": 3}, headers=headers)
    node, server = exporter.get_finished_spans()
    assert server.name == f"POST {PATH}"
    assert server.kind is SpanKind.SERVER
    assert server.context.trace_id == int(TRACE, 16)
    assert server.context.trace_state["vendor"] == "1"
    assert server.parent is not None
    assert server.parent.span_id == int(PARENT, 16)
    attributes = dict(server.attributes or {})
    assert isinstance(seconds := attributes.pop("graphframe.queue_seconds"), float)
    assert seconds >= 0
    assert attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": PATH,
        "url.path": PATH,
        "url.scheme": "http",
        "graphframe.request_id": "mine",
        "graphframe.model": "toy",
        "graphframe.images": 3,
        "graphframe.steps": 1,
        "graphframe.size": "64x32",
    }
    assert node.name == "paint"
    assert node.kind is SpanKind.INTERNAL
    assert node.parent == server.context
    assert node.attributes == {
        "graphframe.calculator": "PaintCalculator",
        "graphframe.device": "CPU",
        "graphframe.calls": 1,
    }
    assert "secret" not in node.to_json() + server.to_json()


@pytest.mark.parametrize("parent", [None, "nonsense", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01"])
def test_without_a_parent(
    client: falcon.testing.TestClient, exporter: InMemorySpanExporter, parent: str | None
) -> None:
    client.simulate_get("/v1/models", headers={"traceparent": parent} if parent else {})
    span = server_span(exporter)
    assert span.parent is None
    assert span.context.trace_id != int(TRACE, 16)


def test_a_parent_that_is_not_sampled(client: falcon.testing.TestClient, exporter: InMemorySpanExporter) -> None:
    client.simulate_post(PATH, json={"prompt": "a cat"}, headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
    assert exporter.get_finished_spans() == ()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"model": "toy", "prompt": "fail"}, 500, StatusCode.ERROR),
        ({"model": "broken", "prompt": "a cat"}, 500, StatusCode.ERROR),
        ({"model": "toy", "prompt": "refuse"}, 400, StatusCode.UNSET),
        ({"model": "other", "prompt": "a cat"}, 404, StatusCode.UNSET),
    ],
)
def test_failures(
    client: falcon.testing.TestClient,
    exporter: InMemorySpanExporter,
    body: dict[str, str],
    status: int,
    code: StatusCode,
) -> None:
    client.simulate_post(PATH, json=body)
    span = server_span(exporter)
    attributes = span.attributes or {}
    assert attributes["http.response.status_code"] == status
    assert span.status.status_code is code
    assert attributes.get("error.type") == ("500" if code is StatusCode.ERROR else None)


def test_the_node_that_failed(client: falcon.testing.TestClient, exporter: InMemorySpanExporter) -> None:
    client.simulate_post(PATH, json={"model": "toy", "prompt": "fail"})
    node, _ = exporter.get_finished_spans()
    assert node.status.status_code is StatusCode.ERROR
    assert (node.attributes or {})["error.type"] == "RuntimeError"


@pytest.mark.parametrize(
    ("method", "path", "name"), [("GET", "/nowhere/1", "GET"), ("BREW", "/v1/models", "_OTHER /v1/models")]
)
def test_unknown_paths_and_methods_share_a_name(
    client: falcon.testing.TestClient, exporter: InMemorySpanExporter, method: str, path: str, name: str
) -> None:
    client.simulate_request(method, path)
    assert server_span(exporter).name == name


@pytest.mark.parametrize("path", ["/v2/health/live", "/v2/health/ready", "/metrics", "/v1/queue"])
def test_polled_paths_have_no_span(
    client: falcon.testing.TestClient, exporter: InMemorySpanExporter, path: str
) -> None:
    client.simulate_get(path)
    assert exporter.get_finished_spans() == ()


def test_the_log_names_the_trace(
    client: falcon.testing.TestClient, exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, request_log.__name__)
    client.simulate_get("/v1/models", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    assert f"trace_id={TRACE}" in caplog.text
