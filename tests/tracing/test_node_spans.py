from __future__ import annotations

import threading
from typing import Any

import pytest

import graphframe as gf
from tests.framework.calls import POOL, VALUE, both_executors, same
from tests.framework.waiting import SECONDS
from tests.tracing.graphs import FAN

pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed: spans are not tested")
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from graphframe.tracing.node_spans import NodeSpans


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> NodeSpans:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return NodeSpans(provider.get_tracer("test"))


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    found = exporter.get_finished_spans()
    assert len({span.name for span in found}) == len(found)
    return {span.name: span for span in found}


@both_executors
def test_one_span_for_each_node(executor: str, spans: NodeSpans, exporter: InMemorySpanExporter) -> None:
    work: Any = dict.fromkeys(("first", "left_work", "right_work"), same)
    run = gf.Graph.from_text(FAN + executor).start_run(work, tracer=spans)
    for timestamp in range(3):
        run.add("in", "value", timestamp)
    run.close_inputs()
    run.wait_until_done()
    assert exporter.get_finished_spans() == ()
    spans.finish()
    found = by_name(exporter)
    assert {*found} == {"first", "left", "right"}
    for span in found.values():
        assert span.attributes == {
            "graphframe.calculator": "Call",
            "graphframe.device": "",
            "graphframe.calls": 3,
        }
        assert span.start_time is not None
        assert span.end_time is not None
        assert span.start_time <= span.end_time
        assert span.status.status_code is StatusCode.UNSET


def test_the_node_that_failed(spans: NodeSpans, exporter: InMemorySpanExporter) -> None:
    def fail(cc: gf.Context) -> object:
        raise KeyError("a secret")

    work: Any = {"first": same, "left_work": fail, "right_work": same}
    with pytest.raises(gf.CalculatorError) as raised:
        gf.Graph.from_text(FAN).run(side_packets=work, tracer=spans, **VALUE)
    spans.finish(raised.value)
    found = by_name(exporter)
    assert found["left"].status.status_code is StatusCode.ERROR
    assert (found["left"].attributes or {})["error.type"] == "KeyError"
    assert found["first"].status.status_code is StatusCode.UNSET
    assert "secret" not in "".join(span.to_json() for span in found.values())


def test_a_node_that_still_works(spans: NodeSpans, exporter: InMemorySpanExporter) -> None:
    started, go = threading.Event(), threading.Event()

    def wait(cc: gf.Context) -> None:
        started.set()
        go.wait(SECONDS)

    graph = gf.Graph.from_text(
        """
        input_stream: "in" input_side_packet: "work"
        node { calculator: "Call" input_stream: "in" input_side_packet: "PROCESS:work" executor: "own" }
        """
        + POOL % ("own", 1)
    )
    run = graph.start_run({"work": wait}, tracer=spans)
    run.add("in", "value", 0)
    started.wait(SECONDS)
    spans.finish()
    assert [span.name for span in exporter.get_finished_spans()] == ["Call"]
    go.set()
    run.close_inputs()
    run.wait_until_done()
    assert len(exporter.get_finished_spans()) == 1
