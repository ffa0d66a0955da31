from __future__ import annotations

from pathlib import Path

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving.conftest import MakeModel


@pytest.fixture
def client(make_model: MakeModel, tmp_path: Path) -> falcon.testing.TestClient:
    (tmp_path / "key").write_text("secret\n")
    return falcon.testing.TestClient(make_app([make_model()], ServerOptions(api_key_file=str(tmp_path / "key"))))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Basic secret"}, 401),
        ({"Authorization": "Bearer sécret"}, 401),
        ({"Authorization": "Bearer secret"}, 200),
        ({"Authorization": "bearer secret"}, 200),
        ({"api-key": "secret"}, 200),
    ],
)
def test_the_key(client: falcon.testing.TestClient, headers: dict[str, str], status: int) -> None:
    response = client.simulate_post("/v1/images/generations", json={"prompt": "a cat"}, headers=headers)
    assert response.status_code == status
    if status == 401:
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json["error"]["code"] == "invalid_api_key"
        assert response.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/v1/models", "/v1/config", "/v2/health/ready", "/openapi.json"])
def test_get_needs_no_key(client: falcon.testing.TestClient, path: str) -> None:
    assert client.simulate_get(path).status_code == 200
