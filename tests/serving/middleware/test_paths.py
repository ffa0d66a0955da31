from __future__ import annotations

from pathlib import Path

import falcon.testing
import pytest

from tests.serving.running_server import RunningServer, serving


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


def url_of_an_image(client: falcon.testing.TestClient, path: str, root_path: str = "", **headers: str) -> str:
    body = {"prompt": "a cat", "response_format": "url"}
    response = client.simulate_post(path, json=body, headers=headers, root_path=root_path)
    assert response.status_code == 200
    return str(response.json["data"][0]["url"])


@pytest.mark.parametrize("path", ["/v1/images/generations", "/sd/v1/images/generations", "//sd//v1/images/generations"])
def test_a_root_path_that_the_proxy_may_leave_in_place(client: falcon.testing.TestClient, path: str) -> None:
    assert "/sd/images/files/" in url_of_an_image(client, path, "/sd/")


def test_the_root_path_of_the_options(model: Path) -> None:
    with serving(model, "--root_path=/sd") as server:
        for path in ("/sd/v1/images/generations", "/v1/images/generations"):
            status, answer = server.request("POST", path, {"prompt": "a cat", "response_format": "url"})
            assert status == 200
            assert f":{server.port}/sd/images/files/" in answer["data"][0]["url"]


@pytest.mark.parametrize("root_path", ["", "/other"])
@pytest.mark.parametrize(("header", "prefix"), [("/sd", "/sd"), ("/a/b-c.d_e~1/", "/a/b-c.d_e~1")])
def test_a_forwarded_prefix(client: falcon.testing.TestClient, header: str, prefix: str, root_path: str) -> None:
    headers = {"X-Forwarded-Prefix": header, "X-Forwarded-Host": "images.example", "X-Forwarded-Proto": "https"}
    url = url_of_an_image(client, "/v1/images/generations", root_path, **headers)
    assert url.startswith(f"https://images.example{prefix}/images/files/")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "/",
        "sd",
        "//evil.example",
        "/a//b",
        "/..",
        "/a/../b",
        "/.",
        "/a b",
        "/a?b",
        "/%2e",
        "/a,/b",
        "/\u00e4",
        '/"',
        "/a\\b",
    ],
)
def test_other_prefixes_are_ignored(client: falcon.testing.TestClient, header: str) -> None:
    url = url_of_an_image(client, "/v1/images/generations", **{"X-Forwarded-Prefix": header})
    assert url.split("/", 3)[3].startswith("images/files/")


def test_a_client_cannot_shift_paths_by_the_header(client: falcon.testing.TestClient) -> None:
    assert client.simulate_get("/sd/v1/models", headers={"X-Forwarded-Prefix": "/sd"}).status_code == 404


def test_the_page_below_a_root_path(client: falcon.testing.TestClient) -> None:
    response = client.simulate_get("/sd", root_path="/sd")
    assert (response.status_code, response.headers["location"]) == (308, "/sd/")
    assert "<title>graphframe" in client.simulate_get("/sd/", root_path="/sd").text
    assert client.simulate_get("/sdxl", root_path="/sd").status_code == 404
    assert client.simulate_get("/openapi.json", root_path="/sd").json["servers"] == [{"url": "/sd"}]
    assert "servers" not in client.simulate_get("/openapi.json").json
