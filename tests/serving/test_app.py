from __future__ import annotations

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving.conftest import MakeModel


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/nowhere", 404, "nothing is served at /nowhere"),
        ("POST", "/v1/image/generations", 404, 'did you mean "/v1/images/generations"?)'),
        ("GET", "/v1/images/generations", 405, "allowed: POST, OPTIONS"),
        ("DELETE", "/v1/models", 405, "allowed: GET, HEAD, OPTIONS"),
        ("PATCH", "/v2/health/live", 405, "PATCH is not allowed at /v2/health/live; allowed: "),
    ],
)
def test_unknown_paths_and_methods(
    client: falcon.testing.TestClient, method: str, path: str, status: int, message: str, accept: str
) -> None:
    response = client.simulate_request(method, path, headers={"Accept": accept})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert message in response.json["error"]["message"]
    assert response.json["error"]["type"] == "invalid_request_error"
    assert response.json["error"].keys() == {"message", "type", "param", "code"}


def test_an_unexpected_exception(
    make_model: MakeModel, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run_async(**inputs: object) -> None:
        raise AttributeError("/models/secret")

    model = make_model()
    assert model.graph is not None
    monkeypatch.setattr(model.graph.graph, "run_async", run_async)
    client = falcon.testing.TestClient(make_app([model], ServerOptions()))
    response = client.simulate_post("/v1/images/generations", json={"prompt": "a cat"})
    assert response.status_code == 500
    assert response.json["error"]["type"] == "server_error"
    assert response.headers["x-should-retry"] == "false"
    request_id = response.headers["x-request-id"]
    assert response.json["error"]["message"] == f"internal error (request id: {request_id})"
    assert "/models/secret" in caplog.text
    assert "Traceback" in caplog.text
    assert request_id in caplog.text


def test_one_of_several_models(make_model: MakeModel) -> None:
    app = make_app([make_model("org/one"), make_model("two")], ServerOptions())
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
        "message": 'the model "tow" does not exist (did you mean "two"?); available: "org/one", "two"',
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }


@pytest.mark.parametrize(
    ("options", "origin", "allowed"),
    [
        (ServerOptions(), "https://a.example", "*"),
        (
            ServerOptions(allowed_origins="https://a.example, https://b.example"),
            "https://b.example",
            "https://b.example",
        ),
        (ServerOptions(allowed_origins="https://a.example"), "https://b.example", None),
        (ServerOptions(allowed_origins=""), "https://b.example", None),
    ],
)
def test_pages_of_other_origins(
    make_model: MakeModel, options: ServerOptions, origin: str, allowed: str | None
) -> None:
    client = falcon.testing.TestClient(make_app([make_model()], options))
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-a"}
    preflight = client.simulate_options("/v1/images/generations", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers.get("access-control-allow-origin") == allowed
    if allowed:
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert preflight.headers["access-control-allow-headers"] == "x-a"
    response = client.simulate_post("/v1/images/generations", json={"prompt": "refuse"}, headers=asked)
    assert response.status_code == (400 if allowed else 403)
    assert response.headers.get("access-control-allow-origin") == allowed


def test_cookies_of_other_origins(make_model: MakeModel) -> None:
    options = ServerOptions(allowed_origins="https://a.example", allow_credentials=True)
    client = falcon.testing.TestClient(make_app([make_model()], options))
    response = client.simulate_get("/v1/models", headers={"Origin": "https://a.example"})
    assert response.headers["access-control-allow-credentials"] == "true"
