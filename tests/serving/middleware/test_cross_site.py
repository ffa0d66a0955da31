from __future__ import annotations

from typing import Any

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving.conftest import MakeModel
from tests.serving.forms import FORM, encode_form

GOOD = "https://good.example"
EVIL = "https://evil.example"


def client_of(make_model: MakeModel, **options: Any) -> falcon.testing.TestClient:
    return falcon.testing.TestClient(make_app([make_model()], ServerOptions(**options)))


def status_of(client: falcon.testing.TestClient, headers: dict[str, str]) -> int:
    others = {name: value for name, value in headers.items() if name != "Host"}
    host = headers.get("Host", "falconframework.org")
    response = client.simulate_post("/v1/images/generations", json={"prompt": "a cat"}, headers=others, host=host)
    if response.status_code == 403:
        assert response.json["error"]["code"] == "cross_site"
    return response.status_code


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"Origin": GOOD}, 200),
        ({"Origin": GOOD, "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Origin": EVIL}, 403),
        ({"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://good.example"}, 403),
        ({"Origin": "https://sub.good.example", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://good.example.evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Host": "localhost:8000", "Origin": "http://localhost:8000"}, 200),
        ({"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"}, 200),
        ({"Host": "[::1]:8000", "Origin": "http://[::1]:8000"}, 200),
        ({"Host": "gpu:8000", "Origin": "http://gpu:8000"}, 200),
        ({"Host": "localhost:8000", "Origin": "http://localhost:3000"}, 403),
        ({"Host": "images.example.com", "Origin": "https://images.example.com"}, 200),
        ({"Host": "images.example.com:443", "Origin": "https://images.example.com"}, 200),
        (
            {"Host": "upstream", "X-Forwarded-Host": "images.example.com", "Origin": "https://images.example.com"},
            200,
        ),
        ({"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}, 403),  # DNS rebinding
    ],
)
def test_pages(make_model: MakeModel, headers: dict[str, str], expected: int) -> None:
    assert status_of(client_of(make_model, allowed_origins=f"{GOOD}/, https://other.example"), headers) == expected


def test_all_origins(make_model: MakeModel) -> None:
    assert status_of(client_of(make_model), {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}) == 200


def test_no_origins(make_model: MakeModel) -> None:
    client = client_of(make_model, allowed_origins="")
    assert status_of(client, {"Origin": EVIL}) == 403
    assert status_of(client, {"Host": "localhost", "Origin": "http://localhost"}) == 200


def test_a_page_without_tls_on_a_name_that_the_operator_listed(make_model: MakeModel) -> None:
    client = client_of(make_model, allowed_origins="", allowed_hosts="gpu.example.com")
    assert status_of(client, {"Host": "gpu.example.com:8000", "Origin": "http://gpu.example.com:8000"}) == 200


@pytest.mark.parametrize("path", ["/v1/config/reload", "/v1/images/edits"])
def test_all_that_changes_something_is_protected(make_model: MakeModel, path: str) -> None:
    client = client_of(make_model, allowed_origins=GOOD)
    form = encode_form(("image", b"\x89PNG"), ("prompt", "a cat"))
    for origin, expected in ((EVIL, 403), (GOOD, 200)):
        assert client.simulate_post(path, body=form, headers={**FORM, "Origin": origin}).status_code == expected


def test_reading_is_left_to_cors(make_model: MakeModel) -> None:
    client = client_of(make_model, allowed_origins=GOOD)
    assert client.simulate_get("/v1/models", headers={"Origin": EVIL}).status_code == 200


@pytest.mark.parametrize("body", ['{"prompt": "a cat"}', " "])
def test_a_body_needs_a_content_type(make_model: MakeModel, body: str) -> None:
    response = client_of(make_model).simulate_post("/v1/images/generations", body=body)
    assert response.status_code == 415
    assert response.json["error"]["code"] == "unsupported_content_type"
    assert client_of(make_model).simulate_post("/v1/images/generations").status_code == 400
