from __future__ import annotations

import falcon.testing
import pytest

from tests.serving.running_server import RunningServer


@pytest.mark.parametrize(
    "path",
    [
        *("/v1//images/generations", "//v1/images/generations", "/v1/images/generations/", "/v3/images//generations//"),
        *("/v1images/generations", "/v1/v1/images/generations", "/v3/v1/images/generations/"),
        "http://localhost:8000/v1/images/generations",
    ],
)
def test_spellings_of_a_path(server: RunningServer, path: str) -> None:
    assert server.request("POST", path, {"prompt": "a cat"})[0] == 200


@pytest.mark.parametrize(
    ("path", "same_as"),
    [
        *(("/v1/models/", "/v1/models"), ("/v3/v1/models", "/v1/models"), ("/v2/health//live/", "/v2/health/live")),
        *(
            ("//", "/"),
            ("//page//main.js", "/page/main.js"),
            ("/graphs/toy/", "/graphs/toy"),
            ("/v1/config/", "/v1/config"),
        ),
        *(("//v2/models/toy/ready/", "/v2/models/toy/ready"), ("/openapi.json/", "/openapi.json")),
    ],
)
def test_spellings_of_other_paths(client: falcon.testing.TestClient, path: str, same_as: str) -> None:
    answer = client.simulate_get(path)
    assert answer.status_code == 200
    assert answer.content == client.simulate_get(same_as).content


@pytest.mark.parametrize(
    "path",
    [
        "/v1modelsx",
        "/v1/v1/config",
        "/v2v1/models",
        "/v1/metrics",
        "/v1.models",
        "/V1/models",
        "/openai/v1/config",
        "/openai/metrics",
        "/openai/deployments/toy/chat/completions",
        "/openai/deployments//models",
    ],
)
def test_other_paths_stay_unknown(client: falcon.testing.TestClient, path: str) -> None:
    assert client.simulate_get(path).status_code == 404


def test_options_of_the_server(server: RunningServer) -> None:
    connection = server.connect()
    connection.request("OPTIONS", "*")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert response.headers["x-request-id"]
