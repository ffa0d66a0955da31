from __future__ import annotations

import json
from pathlib import Path

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving import toys
from tests.serving.conftest import MakeModel
from tests.serving.toys import painted

PATH = "/v1/images/generations"
SECRET = {"Authorization": "Bearer secret"}

BROKEN = toys.GRAPH.replace("PaintCalculator", "BrokenCalculator")


def client_of(make_model: MakeModel, tmp_path: Path, **options: object) -> falcon.testing.TestClient:
    (tmp_path / "keys").write_text("secret\nbob: geheim\ncarol: ключ\n")
    given = ServerOptions(api_key_file=str(tmp_path / "keys"), metrics_enable=True, **options)  # type: ignore[arg-type]
    return falcon.testing.TestClient(make_app([make_model(), make_model("broken", BROKEN)], given))


@pytest.fixture
def client(make_model: MakeModel, tmp_path: Path) -> falcon.testing.TestClient:
    return client_of(make_model, tmp_path)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Basic secret"}, 401),
        ({"Authorization": "Bearer sécret"}, 401),
        ({"Authorization": "Bearer bob: geheim"}, 401),
        (SECRET, 200),
        ({"Authorization": "bearer   secret "}, 200),
        ({"api-key": "secret"}, 200),
        ({"api-key": "geheim"}, 200),
        ({"Authorization": "Bearer " + "ключ".encode().decode("latin-1")}, 200),
    ],
)
def test_the_key(client: falcon.testing.TestClient, headers: dict[str, str], status: int) -> None:
    response = client.simulate_post(PATH, json={"model": "toy", "prompt": "a cat"}, headers=headers)
    assert response.status_code == status
    if status == 401:
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json["error"]["code"] == "invalid_api_key"
        assert response.headers["x-request-id"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        *("/v1/models", "/v1/models/toy", "/v3/queue", "/v1/config", "/v2", "/v2/models/toy", "/v2/models/toy/ready"),
        *("/openapi.json", "/metrics", "/graphs/toy", "/", "/page/main.js", "/nothing", "/v2/health", "/V1/models"),
    ],
)
def test_everything_needs_a_key(client: falcon.testing.TestClient, method: str, path: str) -> None:
    assert client.simulate_request(method, path).status_code == 401
    assert client.simulate_request(method, path, headers=SECRET).status_code in (200, 404)


def test_health_images_and_preflights_need_no_key(client: falcon.testing.TestClient) -> None:
    assert client.simulate_get("/v2/health/live").status_code == 200
    assert client.simulate_get("//v2/health/ready/").status_code == 200
    body = {"model": "toy", "prompt": "a cat", "response_format": "url"}
    asked = client.simulate_post(PATH, json=body, headers=SECRET)
    url = asked.json["data"][0]["url"]
    assert client.simulate_get(url.removeprefix("http://falconframework.org")).status_code in (200, 404)
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    assert client.simulate_options(PATH, headers=headers).status_code == 200


def test_public_routes(make_model: MakeModel, tmp_path: Path) -> None:
    client = client_of(make_model, tmp_path, public_routes="/metrics,/,v1/config,/v1/models")
    for path in ("/metrics", "/", "/page/main.js", "/v1/config", "/v1/models", "/v1/models/toy"):
        assert client.simulate_get(path).status_code == 200
    for path in ("/openapi.json", "/graphs/toy", "/v2"):
        assert client.simulate_get(path).status_code == 401
    assert client.simulate_post("/v1/images/generations", json={"prompt": "a cat"}).status_code == 401


def test_reasons_of_failures_are_for_those_with_a_key(make_model: MakeModel, tmp_path: Path) -> None:
    client = client_of(make_model, tmp_path, public_routes="/v1/config")
    for headers, seen in ((SECRET, True), ({}, False)):
        response = client.simulate_get("/v1/config", headers=headers)
        assert ("the paint has dried" in json.dumps(response.json["broken"])) is seen
        assert response.json["broken"]["model_version_status"][0]["status"]["error_message"] != "OK"


def test_a_changed_file_is_used_at_once(client: falcon.testing.TestClient, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("carol: renewed\n")
    assert client.simulate_get("/v1/models", headers=SECRET).status_code == 401
    assert client.simulate_get("/v1/models", headers={"api-key": "renewed"}).status_code == 200


def test_a_request_runs_for_the_party_of_its_key(client: falcon.testing.TestClient) -> None:
    response = client.simulate_post(PATH, json={"model": "toy", "prompt": "share"}, headers={"api-key": "geheim"})
    assert painted(response.json)[0]["share"] == ["bob", 1.0]
