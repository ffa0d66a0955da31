from __future__ import annotations

from typing import Any

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving.conftest import MakeModel

PATH = "/v1/images/generations"
BODY = {"prompt": "a cat", "response_format": "url"}
HOST = "http://falconframework.org"
FORWARDED = {"X-Forwarded-Host": "images.example.com", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/sd"}


def client_of(make_model: MakeModel, **options: Any) -> falcon.testing.TestClient:
    return falcon.testing.TestClient(make_app([make_model()], ServerOptions(**options)))


def url_base(client: falcon.testing.TestClient, headers: dict[str, str], peer: str = "127.0.0.1") -> str:
    others = {name: value for name, value in headers.items() if name != "Host"}
    host = headers.get("Host", HOST.removeprefix("http://"))
    response = client.simulate_post(PATH, json=BODY, headers=others, remote_addr=peer, host=host)
    assert response.status_code == 200, response.text
    url: str = response.json["data"][0]["url"]
    return url.partition("/images/files/")[0]


@pytest.mark.parametrize(
    ("options", "peer", "expected"),
    [
        ({}, "127.0.0.1", "https://images.example.com/sd"),
        ({}, "::1", "https://images.example.com/sd"),
        ({}, "10.1.2.3", HOST),
        ({"forwarded_allow_ips": "10.0.0.0/8"}, "10.1.2.3", "https://images.example.com/sd"),
        ({"forwarded_allow_ips": "10.0.0.0/8"}, "127.0.0.1", HOST),
        ({"forwarded_allow_ips": "*"}, "8.8.8.8", "https://images.example.com/sd"),
        ({"public_url": "https://public.example/x/"}, "127.0.0.1", "https://public.example/x"),
        ({"public_url": "https://public.example"}, "10.1.2.3", "https://public.example"),
    ],
)
def test_urls_believe_trusted_proxies(make_model: MakeModel, options: dict[str, str], peer: str, expected: str) -> None:
    assert url_base(client_of(make_model, **options), FORWARDED, peer) == expected


def test_trusted_proxies_by_the_environment(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.1.2.3")
    client = client_of(make_model)
    assert url_base(client, FORWARDED, "10.1.2.3") == "https://images.example.com/sd"
    assert url_base(client, FORWARDED) == HOST


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, HOST),
        ({"X-Forwarded-Proto": "javascript"}, HOST),
        ({"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "a.example, b.example"}, "https://a.example"),
        ({"Forwarded": "for=1.2.3.4;proto=https;host=a.example"}, "https://a.example"),
        ({"Host": "a.example:8000"}, "http://a.example:8000"),
        ({"Host": "[::1]:8000"}, "http://[::1]:8000"),
    ],
)
def test_headers(make_model: MakeModel, headers: dict[str, str], expected: str) -> None:
    assert url_base(client_of(make_model), headers) == expected


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host"])
@pytest.mark.parametrize("host", ['x" onload="y', "evil.example/path", "user@evil.example", "a b"])
def test_invalid_hosts(make_model: MakeModel, name: str, host: str) -> None:
    given = {"host": host} if name == "Host" else {"headers": {name: host}}
    response = client_of(make_model).simulate_post(PATH, json=BODY, **given)
    assert response.status_code == 400
    assert response.json["error"]["code"] == "invalid_host"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("images.example.com", 200),
        ("IMAGES.example.com.:443", 200),
        ("a.b.example.org", 200),
        ("localhost:8000", 200),
        ("127.0.0.1", 200),
        ("[::1]:8000", 200),
        ("public.example", 200),
        ("example.org", 421),
        ("evil.example", 421),
        ("images.example.com.evil.example", 421),
        ("10.0.0.1", 421),
    ],
)
def test_allowed_hosts(make_model: MakeModel, host: str, status: int) -> None:
    options = {"allowed_hosts": "images.example.com, *.example.org", "public_url": "https://public.example"}
    client = client_of(make_model, **options)
    assert client.simulate_post(PATH, json=BODY, host=host).status_code == status
    assert client.simulate_get("/v1/models", host=host).status_code == status
    assert client.simulate_get("/v2/health/live", host=host).status_code == 200


def test_a_forwarded_host_must_be_allowed_too(make_model: MakeModel) -> None:
    client = client_of(make_model, allowed_hosts="images.example.com")
    headers = {"X-Forwarded-Host": "evil.example"}
    assert client.simulate_get("/v1/models", headers=headers, host="images.example.com").status_code == 421


def test_the_path_of_the_public_url_is_the_root_path(make_model: MakeModel) -> None:
    client = client_of(make_model, public_url="https://images.example.com/sd")
    assert client.simulate_get("/sd/v1/models").status_code == 200
    assert client.simulate_get("/v1/models").status_code == 200
    assert client.simulate_get("/openapi.json").json["servers"] == [{"url": "/sd"}]
