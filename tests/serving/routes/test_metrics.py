from __future__ import annotations

import falcon.testing
import pytest
from prometheus_client.parser import text_string_to_metric_families

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving.conftest import MakeModel

PATH = "/v1/images/generations"


@pytest.fixture
def client(make_model: MakeModel) -> falcon.testing.TestClient:
    return falcon.testing.TestClient(make_app([make_model()], ServerOptions(metrics_enable=True)))


def metrics(client: falcon.testing.TestClient) -> dict[tuple[str, ...], float]:
    text = client.simulate_get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_that_ended(client: falcon.testing.TestClient) -> None:
    client.simulate_post(PATH, json={"prompt": "a cat", "n": 3})
    client.simulate_post(PATH, json={"prompt": "nothing"})
    found = metrics(client)
    assert found["graphframe_requests_total", "toy", "200"] == 1
    assert found["graphframe_requests_total", "toy", "500"] == 1
    assert found["graphframe_images_total", "toy"] == 3
    assert found["graphframe_request_seconds_count", "toy"] == 2
    assert any(key[:2] == ("graphframe_node_seconds_total", "toy") for key in found)


def test_gauges(client: falcon.testing.TestClient) -> None:
    found = metrics(client)
    assert found["graphframe_current_requests", "running"] == 0
    assert found["graphframe_current_requests", "waiting"] == 0
    assert found["graphframe_model_available", "toy"] == 1
    assert found["graphframe_node_weights_bytes", "toy", "paint"] == 0


def test_off_by_default(make_model: MakeModel) -> None:
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions()))
    assert client.simulate_get("/metrics").status_code == 404
