from __future__ import annotations

import logging

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.observation import request_log
from graphframe.serving.options import ServerOptions
from tests.serving import toys
from tests.serving.conftest import MakeModel

PATH = "/v1/images/generations"


@pytest.fixture(autouse=True)
def all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, request_log.__name__)


def last(caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    [*_, record] = (record for record in caplog.records if record.name == request_log.__name__)
    return record


def last_fields(caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    fields: dict[str, object] = vars(last(caplog))["fields"]
    return fields


def test_a_generation(client: falcon.testing.TestClient, caplog: pytest.LogCaptureFixture) -> None:
    client.simulate_post(PATH, json={"prompt": "a secret cat"}, headers={"x-request-id": "mine"})
    record, fields = last(caplog), last_fields(caplog)
    assert record.levelno == logging.INFO
    for name in ("ms", "queue_ms"):
        assert isinstance(milliseconds := fields.pop(name), int)
        assert milliseconds >= 0
    assert fields == {
        "method": "POST",
        "path": PATH,
        "status": 200,
        "model": "toy",
        "steps": 1,
        "size": "64x32",
        "request_id": "mine",
    }
    assert record.getMessage().startswith(f"POST {PATH} status=200 ms=")
    assert record.getMessage().endswith("steps=1 size=64x32 request_id=mine")
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("path", "body", "status", "model"),
    [
        (PATH, {"prompt": "fail"}, 500, "toy"),
        (PATH, {"prompt": "refuse"}, 400, "toy"),
        (PATH, {"prompt": "a cat", "model": "other"}, 404, None),
        (PATH, {"colour": "red"}, 400, None),
        ("/nowhere", {}, 404, None),
        ("/v1/models", {}, 405, None),
    ],
)
def test_a_failure(
    client: falcon.testing.TestClient,
    caplog: pytest.LogCaptureFixture,
    path: str,
    body: object,
    status: int,
    model: str | None,
) -> None:
    assert client.simulate_post(path, json=body).status_code == status
    fields = last_fields(caplog)
    assert (fields["path"], fields["status"], fields.get("model")) == (path, status, model)
    assert last(caplog).levelno == logging.INFO


def test_a_model_that_failed_to_load(make_model: MakeModel, caplog: pytest.LogCaptureFixture) -> None:
    broken = make_model(graph=toys.GRAPH.replace("Paint", "Broken"))
    client = falcon.testing.TestClient(make_app([broken], ServerOptions()))
    client.simulate_post(PATH, json={"prompt": "a cat"})
    fields = last_fields(caplog)
    assert (fields["status"], fields["model"]) == (500, "toy")


def test_a_wrong_key(make_model: MakeModel, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "sesame")
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions()))
    response = client.simulate_post(PATH, json={"prompt": "a cat"})
    fields = last_fields(caplog)
    assert (fields["status"], fields["request_id"]) == (401, response.headers["x-request-id"])


@pytest.mark.parametrize("path", ["/v2/health/live", "/v2/health/ready", "/v2/models/toy/ready", "/v1/queue"])
def test_polled_paths_are_logged_at_debug(
    client: falcon.testing.TestClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    client.simulate_get(path)
    assert last(caplog).levelno == logging.DEBUG
    assert last_fields(caplog)["path"] == path


def test_a_line_break_in_a_path(client: falcon.testing.TestClient, caplog: pytest.LogCaptureFixture) -> None:
    client.simulate_get("/no%0Awhere")
    assert last_fields(caplog)["path"] == "/no%0Awhere"
