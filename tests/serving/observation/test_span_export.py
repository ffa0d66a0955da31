"""The export of traces from real servers, to a collector that speaks OTLP over HTTP."""

from __future__ import annotations

import contextlib
import doctest
import json
import logging
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from graphframe.serving.observation import span_export
from graphframe.serving.observation.span_export import request_spans
from tests.serving.running_server import Pipes, RunningServer, serving
from tests.serving.test_server import GUNICORN, ask

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector(ThreadingHTTPServer):
    """Keeps what it receives: the path, the headers and the body of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receive)
        self.received: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Receive(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, self.headers.get("x-tenant", ""), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        Thread(target=collector.serve_forever, daemon=True).start()
        yield collector
        collector.shutdown()


@pytest.fixture
def exported(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Collector:
    """The collector, to which servers export their spans."""
    pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed: the export is not tested")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=images")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")  # all spans are exported at once, when the server ends
    return collector


def generate(server: RunningServer, **headers: str) -> None:
    with contextlib.closing(server.connect()) as connection:
        body = json.dumps({"prompt": "a cat"})
        headers = {"Content-Type": "application/json", "Connection": "close", **headers}
        connection.request("POST", "/v1/images/generations", body, headers)
        assert connection.getresponse().status == 200


def test_spans_reach_a_collector(exported: Collector, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    with serving(model) as server:
        generate(server, traceparent=f"00-{TRACE}-{PARENT}-01")
        assert server.stop() == 0
    [(path, tenant, body)] = exported.received
    assert (path, tenant) == ("/v1/traces", "images")
    [resource] = ExportTraceServiceRequest.FromString(body).resource_spans
    attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert attributes["service.name"] == "graphframe"
    assert attributes["deployment.environment.name"] == "test"
    [scope] = resource.scope_spans
    node, request = scope.spans
    assert (node.name, request.name) == ("paint", "POST /v1/images/generations")
    assert node.trace_id == request.trace_id == bytes.fromhex(TRACE)
    assert request.parent_span_id == bytes.fromhex(PARENT)
    assert node.parent_span_id == request.span_id
    assert request.start_time_unix_nano <= node.start_time_unix_nano
    assert node.start_time_unix_nano <= node.end_time_unix_nano <= request.end_time_unix_nano


def test_the_run_of_a_client_that_disconnects(exported: Collector, model: Path, pipes: Pipes) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    with serving(model) as server:
        connection = ask(server, f"wait for cancel {pipes.folder}")
        pipes.wait_until_started()
        connection.close()
        assert pipes.read_news() == "cancelled"
        server.wait_for_log("status=499 ")
        server.stop()
    [(_, _, body)] = exported.received
    [resource] = ExportTraceServiceRequest.FromString(body).resource_spans
    assert [span.name for span in resource.scope_spans[0].spans] == ["paint", "POST /v1/images/generations"]


def test_under_gunicorn(exported: Collector, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "images")
    command = [sys.executable, "-c", GUNICORN, "-c", "examples/deploy/gunicorn.conf.py"]
    with serving(model, command=command) as server:
        generate(server)
        server.stop()
    assert [path for path, _, _ in exported.received] == ["/v1/traces"]
    assert b"images" in exported.received[0][2]


def test_a_collector_that_is_down(exported: Collector, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    exported.server_close()
    with serving(model) as server:
        generate(server)
        assert server.stop() == 0


def test_the_names_of_exporters() -> None:
    results = doctest.testmod(span_export)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_SERVICE_NAME": "images"},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
        {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
    ],
)
def test_no_export_imports_nothing(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)  # so that importing it fails
    assert request_spans(environment) is None


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "opentelemetry" or "request_spans" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    assert request_spans({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9"}) is None
    assert "pip install 'graphframe[otel]'" in caplog.text


@pytest.mark.parametrize("environment", [{"OTEL_TRACES_EXPORTER": "pigeon"}, {"OTEL_EXPORTER_OTLP_PROTOCOL": "smoke"}])
def test_an_unknown_exporter(environment: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed: the export is not tested")
    with caplog.at_level(logging.WARNING):
        assert request_spans({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", **environment}) is None
    assert "is not installed; there are console, otlp_proto_http" in caplog.text
