from __future__ import annotations

import asyncio

import falcon.asgi
import falcon.testing
import msgspec

from graphframe.serving.app import make_app
from graphframe.serving.config import Config
from graphframe.serving.options import ServerOptions
from graphframe.serving.servable import Servables
from tests.serving import toys
from tests.serving.conftest import MakeServable

NODES = [{"name": "paint", "calculator": "PaintCalculator", "device": "CPU"}]


def status(state: str, code: str, message: str) -> list[dict[str, object]]:
    return [{"version": "1", "state": state, "status": {"error_code": code, "error_message": message}}]


def test_available_and_failed(make_servable: MakeServable) -> None:
    broken = make_servable("broken", toys.GRAPH.replace("Paint", "Broken"))
    client = falcon.testing.TestClient(make_app([make_servable(), broken], ServerOptions()))
    response = client.simulate_get("/v1/config").json
    assert list(response) == ["broken", "toy"]
    assert response["toy"] == {"model_version_status": status("AVAILABLE", "OK", "OK"), "nodes": NODES}
    message = 'node "paint" (BrokenCalculator): load failed: RuntimeError: the paint has dried'
    assert response["broken"]["model_version_status"] == status("LOADING", "FAILED_PRECONDITION", message)


def test_loading(make_servable: MakeServable) -> None:
    request, response = falcon.testing.create_asgi_req(), falcon.asgi.Response()
    asyncio.run(Config(Servables([make_servable(load=False)], "here")).on_get(request, response))
    expected = {"toy": {"model_version_status": status("LOADING", "OK", "OK"), "nodes": NODES}}
    assert msgspec.to_builtins(response.media) == expected
