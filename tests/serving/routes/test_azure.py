from __future__ import annotations

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving.conftest import MakeModel
from tests.serving.forms import FORM, encode_form
from tests.serving.toys import painted

VERSION = "api-version=2025-04-01-preview"


@pytest.fixture
def client(make_model: MakeModel) -> falcon.testing.TestClient:
    options = ServerOptions(model_alias="dall-e-3=two")
    return falcon.testing.TestClient(make_app([make_model("org/one"), make_model("two")], options))


@pytest.mark.parametrize(("path", "model"), [("org/one", "org/one"), ("org%2Fone", "org/one"), ("two", "two")])
@pytest.mark.parametrize("body_model", [None, "other"])
def test_the_deployment_is_the_model(
    client: falcon.testing.TestClient, path: str, model: str, body_model: str | None
) -> None:
    body = {"prompt": "a cat", "model": body_model}
    response = client.simulate_post(f"/openai/deployments/{path}/images/generations", query_string=VERSION, json=body)
    assert response.status_code == 200
    assert painted(response.json)[0]["metadata"]["model"] == model


def test_an_edit_of_a_deployment(client: falcon.testing.TestClient) -> None:
    form = encode_form(("prompt", "a cat"), ("model", "other"), ("image", b"\x89PNG"))
    response = client.simulate_post("/openai/deployments/two/images/edits", body=form, headers=FORM)
    assert painted(response.json)[0]["metadata"]["model"] == "two"


def test_a_deployment_named_dall_e_answers_with_urls(client: falcon.testing.TestClient) -> None:
    response = client.simulate_post("/openai/deployments/dall-e-3/images/generations", json={"prompt": "a cat"})
    assert response.json["data"][0]["url"]


def test_an_unknown_deployment(client: falcon.testing.TestClient) -> None:
    response = client.simulate_post("/openai/deployments/three/images/generations", json={"prompt": "a cat"})
    assert response.status_code == 404
    assert response.json["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("path", ["/openai/v1/images/generations", "/openai/images/generations"])
def test_a_path_without_a_deployment(client: falcon.testing.TestClient, path: str) -> None:
    response = client.simulate_post(path, query_string=VERSION, json={"prompt": "a cat", "model": "two"})
    assert painted(response.json)[0]["metadata"]["model"] == "two"
