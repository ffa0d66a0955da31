from __future__ import annotations

import falcon.asgi
import falcon.testing
import pytest
from falcon.routing import CompiledRouter

from graphframe.serving.app import make_app
from graphframe.serving.errors import write_envelope
from graphframe.serving.lifecycle.drain import Drain
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.middleware.request_id import RequestId
from graphframe.serving.observation.observed_app import ObservedApp
from graphframe.serving.options import ServerOptions
from graphframe.serving.routes.health import HealthResource
from tests.serving import toys
from tests.serving.conftest import MakeModel


def test_the_name_of_the_server(client: falcon.testing.TestClient) -> None:
    assert client.simulate_get("/v2").json["name"] == "graphframe"


@pytest.mark.parametrize("path", ["/v2/health/live", "/v2/health/ready", "/v2/models/toy/ready"])
def test_healthy(client: falcon.testing.TestClient, path: str) -> None:
    response = client.simulate_get(path)
    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/models/org/toy/ready", 200),
        ("/v2/models/org%2Ftoy/ready", 200),
        ("/v2/models/org/toy/versions/1/ready", 200),
        ("/v2/models/org/toy/versions/2/ready", 404),
        ("/v2/models/org/boy/ready", 404),
        ("/v2/models/org/toy", 200),
        ("/v2/models/org%2Ftoy/versions/1", 200),
        ("/v2/models/org/toy/versions/2", 404),
        ("/v2/models/org/boy", 404),
        ("/v2/models/broken", 500),
        ("/v2/models/broken/ready", 404),
        ("/v2/health/ready", 200),
    ],
)
def test_one_model(make_model: MakeModel, path: str, status: int) -> None:
    broken = make_model("broken", toys.GRAPH.replace("Paint", "Broken"))
    client = falcon.testing.TestClient(make_app([broken, make_model("org/toy")], ServerOptions()))
    assert client.simulate_get(path).status_code == status


@pytest.mark.parametrize("path", ["/v2/models/toy", "/v2/models/toy/versions/1"])
def test_the_description_of_a_model(client: falcon.testing.TestClient, path: str) -> None:
    assert client.simulate_get(path).json == {
        "name": "toy",
        "versions": ["1"],
        "platform": "OpenVINO",
        "inputs": [{"name": "request", "datatype": "BYTES", "shape": [1]}],
        "outputs": [{"name": "image", "datatype": "BYTES", "shape": [-1]}],
    }


def test_not_ready_without_a_model(make_model: MakeModel) -> None:
    broken = make_model("broken", toys.GRAPH.replace("Paint", "Broken"))
    client = falcon.testing.TestClient(make_app([broken], ServerOptions()))
    response = client.simulate_get("/v2/health/ready")
    assert response.status_code == 503
    assert response.json["error"]["message"] == "no model could be loaded; the log has the reasons"
    assert client.simulate_get("/v2/health/live").status_code == 200


def test_not_ready_while_loading(make_model: MakeModel) -> None:
    app = ObservedApp(CompiledRouter())
    app.add_middleware(RequestId())
    app.set_error_serializer(write_envelope)
    app.add_route(
        "/ready", HealthResource(ServedModels([make_model(load=False)]), Drain(lambda error: None)), suffix="ready"
    )
    response = falcon.testing.TestClient(app).simulate_get("/ready")
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
