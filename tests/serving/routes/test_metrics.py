from __future__ import annotations

import doctest

import falcon.testing
import pytest
from prometheus_client.parser import text_string_to_metric_families

from graphframe import __version__
from graphframe.serving.app import make_app
from graphframe.serving.observation import ovms_metrics
from graphframe.serving.options import ServerOptions
from tests.serving import toys
from tests.serving.conftest import MakeModel

PATH = "/v1/images/generations"


@pytest.fixture
def client(make_model: MakeModel) -> falcon.testing.TestClient:
    broken = make_model("broken", toys.GRAPH.replace("Paint", "Broken"))
    return falcon.testing.TestClient(make_app([make_model(), broken], ServerOptions(metrics_enable=True)))


def text(client: falcon.testing.TestClient) -> str:
    return str(client.simulate_get("/metrics").text)


def metric(client: falcon.testing.TestClient, metric_name: str, /, **labels: str) -> float:
    """Return the sum of the samples of a metric that have some labels. The parser appends _total to all counters."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text(client))
        for sample in family.samples
        if sample.name in (metric_name, f"{metric_name}_total") and labels.items() <= sample.labels.items()
    )


def test_generations(client: falcon.testing.TestClient) -> None:
    client.simulate_post(PATH, json={"model": "toy", "prompt": "a cat", "n": 3})
    client.simulate_post(PATH, json={"model": "toy", "prompt": "nothing"})
    asked = {"route": PATH, "method": "POST", "model": "toy"}
    assert metric(client, "graphframe_requests_total", status="200", **asked) == 1
    assert metric(client, "graphframe_requests_total", status="500", **asked) == 1
    assert metric(client, "graphframe_images_total", model="toy") == 3
    for name in ("request", "queue", "service", "node", "step"):
        assert metric(client, f"graphframe_{name}_seconds_count", model="toy") == 2, name
    assert metric(client, "graphframe_step_seconds_count", node="paint") == 2
    assert "_created" not in text(client)


@pytest.mark.parametrize(
    ("method", "path", "body", "route", "model", "status"),
    [
        ("POST", PATH, b"{}", PATH, "", 400),
        ("POST", PATH, b"not JSON", PATH, "", 400),
        ("POST", PATH, b'{"prompt": "a cat", "model": "other"}', PATH, "", 404),
        ("POST", PATH, b'{"prompt": "a cat", "model": "broken"}', PATH, "broken", 500),
        ("GET", "/nowhere", b"", "", "", 404),
        ("PATCH", "/v1/models", b"", "/v1/models", "", 405),
        ("GET", "/v1/models/a/b", b"", "/v1/models/{name:path}", "", 404),
    ],
)
def test_answers_without_a_run(
    client: falcon.testing.TestClient, method: str, path: str, body: bytes, route: str, model: str, status: int
) -> None:
    answer = client.simulate_request(method, path, body=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    labels = {"route": route, "method": method, "model": model, "status": str(status)}
    assert metric(client, "graphframe_requests_total", **labels) == 1


def test_a_wrong_key(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "sesame")
    client = falcon.testing.TestClient(
        make_app([make_model()], ServerOptions(metrics_enable=True, public_routes="/metrics"))
    )
    client.simulate_post(PATH, json={"prompt": "a cat"})
    assert metric(client, "graphframe_requests_total", route=PATH, status="401") == 1


def test_the_state(client: falcon.testing.TestClient) -> None:
    loaded = text(client)  # the test client then ends the server, which unloads the models
    assert 'graphframe_node_weights_bytes{model="toy",node="paint"} 0.0\n' in loaded
    assert metric(client, "graphframe_current_requests") == 0
    assert metric(client, "graphframe_model_available", model="toy") == 1
    assert metric(client, "graphframe_model_available", model="broken") == 0
    assert metric(client, "graphframe_model_loads_total", model="toy", result="success") == 1
    assert metric(client, "graphframe_model_loads_total", model="broken", result="failure") == 1
    assert metric(client, "graphframe_build_info", version=__version__) == 1
    assert metric(client, "process_resident_memory_bytes") > 0


def test_names_of_openvino_model_server(client: falcon.testing.TestClient) -> None:
    graph = {"api": "V3", "interface": "REST", "method": "Unary"}
    for prompt in ("a cat", "fail", "refuse"):
        client.simulate_post(PATH, json={"model": "toy", "prompt": prompt})
    client.simulate_post(PATH, json={"model": "broken", "prompt": "a cat"})
    assert metric(client, "ovms_requests_accepted", name="toy", **graph) == 3
    assert metric(client, "ovms_graph_error", name="toy", **graph) == 2
    assert metric(client, "ovms_responses", name="toy", **graph) == 1
    assert metric(client, "ovms_requests_rejected", name="broken", **graph) == 1
    for name in ("processing_time", "request_latency"):
        assert metric(client, f"ovms_graph_{name}_us_count", name="toy", method="Unary") == 3
    assert metric(client, "ovms_current_graphs", name="toy") == 0
    client.simulate_get("/v2/models/toy/ready")
    client.simulate_get("/v2/models/broken")
    kserve = {"api": "KServe", "interface": "REST"}
    assert metric(client, "ovms_requests_success", name="toy", method="ModelReady", **kserve) == 1
    assert metric(client, "ovms_requests_fail", name="broken", method="ModelMetadata", **kserve) == 1
    inferences = {"api": "V3", "interface": "REST", "method": "ModelInfer", "version": "1"}
    assert metric(client, "ovms_requests_success", name="toy", **inferences) == 1
    assert metric(client, "ovms_requests_fail", name="toy", **inferences) == 2
    assert metric(client, "ovms_requests_fail", name="broken", **inferences) == 1
    for family in ("request_time", "inference_time", "wait_for_infer_req_time"):
        assert metric(client, f"ovms_{family}_us_count", name="toy", version="1") == 3
    for family in ("current_requests", "streams"):
        assert f'ovms_{family}{{name="toy",version="1"}} 0.0' in text(client)
    for name in ("accepted", "rejected", "success", "fail"):
        assert f"# TYPE ovms_requests_{name} counter\novms_requests_{name}{{" in text(client)
    assert "# TYPE ovms_graph_processing_time_us histogram\n" in text(client)


def test_the_spelling_of_openvino_model_server() -> None:
    results = doctest.testmod(ovms_metrics)
    assert results.attempted > 0
    assert results.failed == 0


def test_off_by_default(make_model: MakeModel) -> None:
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions()))
    assert client.simulate_get("/metrics").status_code == 404
