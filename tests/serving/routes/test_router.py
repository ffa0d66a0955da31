from __future__ import annotations

import http.client

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving.conftest import MakeModel
from tests.serving.running_server import RunningServer

_PATHS = [
    *("/", "/page/main.js", "/openapi.json", "/metrics", "/graphs/toy", "/v1/models", "/v1/models/toy", "/v3/queue"),
    *("/v1/config", "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/toy/ready"),
]


@pytest.mark.parametrize("path", [*_PATHS, "/v1/models/other", "/images/files/none.png", "/nowhere"])
def test_head_is_get_without_the_body(make_model: MakeModel, path: str) -> None:
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions(metrics_enable=True)))
    get, head = client.simulate_get(path), client.simulate_head(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert head.headers.keys() == get.headers.keys()
    if path != "/metrics":  # whose length changes with the numbers in it
        assert {**head.headers, "x-request-id": ""} == {**get.headers, "x-request-id": ""}


def test_head_of_a_generated_image(client: falcon.testing.TestClient) -> None:
    body = {"prompt": "a cat", "response_format": "url"}
    url = client.simulate_post("/v1/images/generations", json=body).json["data"][0]["url"]
    path = "/" + url.partition("://")[2].partition("/")[2]
    head = client.simulate_head(path)
    assert head.headers["content-type"] == "image/png"
    assert int(head.headers["content-length"]) == len(client.simulate_get(path).content) > 0
    assert head.content == b""


@pytest.mark.parametrize("path", ["/v1/images/generations", "/v1/config/reload"])
def test_head_where_get_is_not_allowed(client: falcon.testing.TestClient, path: str) -> None:
    assert client.simulate_head(path).status_code == client.simulate_get(path).status_code == 405


@pytest.mark.parametrize(
    ("path", "allowed"), [("/v1/models", "GET, HEAD"), ("/v1/images/generations", "POST"), ("/v1/config", "GET, HEAD")]
)
def test_options(client: falcon.testing.TestClient, path: str, allowed: str) -> None:
    response = client.simulate_options(path)
    assert response.status_code == 200
    assert response.headers["allow"] == allowed


def test_a_connection_continues_after_head(server: RunningServer) -> None:
    connection: http.client.HTTPConnection = server.connect()
    for path in ("/", "/v1/models", "/v2/health/live", "/nowhere"):
        connection.request("HEAD", path)
        assert connection.getresponse().read() == b""
        connection.request("GET", path)
        assert len(connection.getresponse().read()) >= 0
    connection.close()
