from __future__ import annotations

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving.conftest import MakeServable


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/", 404, "there is nothing at /"),
        ("POST", "/v1/image/generations", 404, 'did you mean "/v1/images/generations"?'),
        ("POST", "/v1/images/generations/", 404, 'did you mean "/v1/images/generations"?'),
        ("GET", "/v1/images/generations", 405, "allowed: POST, OPTIONS"),
        ("DELETE", "/v1/models", 405, "allowed: GET, OPTIONS"),
        ("PATCH", "/v2/health/live", 405, "405 Method Not Allowed: PATCH /v2/health/live"),
    ],
)
def test_paths_and_methods_that_are_not_there(
    client: falcon.testing.TestClient, method: str, path: str, status: int, message: str, accept: str
) -> None:
    response = client.simulate_request(method, path, headers={"Accept": accept})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert message in response.json["error"]["message"]
    assert response.json["error"]["type"] == "invalid_request_error"
    assert response.json["error"].keys() == {"message", "type", "param", "code"}


def test_what_nobody_thought_of(
    make_servable: MakeServable, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run_async(**inputs: object) -> None:
        raise AttributeError

    servable = make_servable()
    monkeypatch.setattr(servable.graph, "run_async", run_async)
    client = falcon.testing.TestClient(make_app([servable], ServerOptions()))
    response = client.simulate_post("/v1/images/generations", json={"prompt": "a cat"})
    assert response.status_code == 500
    assert response.json["error"]["type"] == "server_error"
    assert response.headers["x-should-retry"] == "false"
    assert "AttributeError" in response.json["error"]["message"]
    assert "Traceback" in caplog.text
    assert response.headers["x-request-id"] in caplog.text


def test_one_of_several_models(make_servable: MakeServable) -> None:
    app = make_app([make_servable("org/one"), make_servable("two")], ServerOptions())
    client = falcon.testing.TestClient(app)

    def ask(**fields: str) -> falcon.testing.Result:
        return client.simulate_post("/v1/images/generations", json={"prompt": "a cat", **fields})

    assert ask(model="org/one").status_code == 200
    assert ask(model="two").status_code == 200
    assert ask().status_code == 400
    assert ask().json["error"]["param"] == "model"
    unknown = ask(model="tow")
    assert unknown.status_code == 404
    assert unknown.json["error"] == {
        "message": 'there is no model "tow", did you mean "two"?; there is: "org/one", "two"',
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }
