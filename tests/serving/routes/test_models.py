from __future__ import annotations

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving import toys
from tests.serving.conftest import MakeModel


@pytest.fixture
def client(make_model: MakeModel) -> falcon.testing.TestClient:
    broken = make_model("broken", toys.GRAPH.replace("Paint", "Broken"))
    return falcon.testing.TestClient(make_app([broken, make_model("org/toy")], ServerOptions()))


@pytest.mark.parametrize("prefix", ["/v1", "/v3", ""])
def test_the_available_models_are_listed(client: falcon.testing.TestClient, prefix: str) -> None:
    listed = client.simulate_get(f"{prefix}/models").json
    assert listed["data"][0]["id"] == client.simulate_get(f"{prefix}/models/").json["data"][0]["id"]
    assert listed["object"] == "list"
    [model] = listed["data"]
    assert model["created"] > 1_700_000_000
    assert model == {"id": "org/toy", "object": "model", "created": model["created"], "owned_by": "graphframe"}


@pytest.mark.parametrize("prefix", ["/v1", "/v3", ""])
def test_one_model(client: falcon.testing.TestClient, prefix: str) -> None:
    assert client.simulate_get(f"{prefix}/models/org/toy").json["id"] == "org/toy"
    assert client.simulate_get(f"{prefix}/models/org%2Ftoy").json["id"] == "org/toy"


def test_an_unknown_model(client: falcon.testing.TestClient) -> None:
    response = client.simulate_get("/v1/models/org/boy")
    assert response.status_code == 404
    assert response.json["error"]["code"] == "model_not_found"


def test_aliases_are_listed(make_model: MakeModel) -> None:
    options = ServerOptions(model_alias="sd=toy, other=nothing")
    client = falcon.testing.TestClient(make_app([make_model()], options))
    assert [model["id"] for model in client.simulate_get("/v1/models").json["data"]] == ["sd", "toy"]
    assert client.simulate_get("/v1/models/sd").json["id"] == "sd"
    assert client.simulate_get("/v1/models/dall-e-3").json["id"] == "dall-e-3"
    assert client.simulate_get("/v1/models/other").status_code == 404


def test_adapters_are_listed(make_model: MakeModel) -> None:
    adapted = make_model("toy", toys.GRAPH.replace("Paint", "Adapted"))
    static = make_model("other", toys.GRAPH.replace("Paint", "Static"))
    for model, names in ((adapted, ["toy", "ink", "gold", "mix", "chalk"]), (static, ["chalk"])):
        client = falcon.testing.TestClient(make_app([model], ServerOptions(model_alias="sd=ink")))
        listed = [model["id"] for model in client.simulate_get("/v1/models").json["data"]]
        assert sorted(listed) == sorted([*names, *(["sd"] if model is adapted else [])])
        assert client.simulate_get(f"/v1/models/{names[-1]}").json["id"] == names[-1]
