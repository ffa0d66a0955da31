from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import falcon.asgi
import falcon.testing
import msgspec
import pytest

from graphframe.repository.config_file import ConfigFileError
from graphframe.serving.app import make_app
from graphframe.serving.lifecycle.loader import Loader
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.lifecycle.source import FindSources, ModelSource
from graphframe.serving.lifecycle.watcher import Watcher
from graphframe.serving.options import ServerOptions
from graphframe.serving.routes.config import ConfigResource
from tests.serving import toys
from tests.serving.conftest import MakeModel

NODES = [{"name": "paint", "calculator": "PaintCalculator", "device": "CPU"}]


def status(state: str, code: str, message: str) -> list[dict[str, object]]:
    return [{"version": "1", "state": state, "status": {"error_code": code, "error_message": message}}]


def config_of(models: ServedModels, find_sources: FindSources) -> ConfigResource:
    return ConfigResource(models, Watcher(models, Loader(models), find_sources, ServerOptions()))


def test_available_and_failed(make_model: MakeModel) -> None:
    broken = make_model("broken", toys.GRAPH.replace("Paint", "Broken"))
    client = falcon.testing.TestClient(make_app([make_model(), broken], ServerOptions()))
    response = client.simulate_get("/v1/config").json
    assert list(response) == ["broken", "toy"]
    assert response["toy"] == {"model_version_status": status("AVAILABLE", "OK", "OK"), "nodes": NODES}
    message = "the model could not be loaded; the log has the reason"
    assert response["broken"]["model_version_status"] == status("LOADING", "FAILED_PRECONDITION", message)


def test_how_much_of_adapters_is_applied(make_model: MakeModel) -> None:
    client = falcon.testing.TestClient(
        make_app([make_model(graph=toys.GRAPH.replace("Paint", "Adapted"))], ServerOptions())
    )
    assert client.simulate_get("/v1/config").json["toy"]["adapters"] == [
        {"alias": "ink", "applied": 12, "pairs": 12},
        {"alias": "gold", "applied": 9, "pairs": 10},
        {"alias": "chalk", "applied": 3, "pairs": 3},
    ]


def test_loading(make_model: MakeModel) -> None:
    models = ServedModels([make_model(load=False)])
    config = config_of(models, dict)
    request, response = falcon.testing.create_asgi_req(), falcon.asgi.Response()
    asyncio.run(config.on_get(request, response))
    expected = {"toy": {"model_version_status": status("LOADING", "OK", "OK"), "nodes": []}}
    assert msgspec.to_builtins(response.media) == expected


def test_the_memory_of_a_model(make_model: MakeModel) -> None:
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions()))
    described = client.simulate_get("/v1/config?verbose=1").json["toy"]
    assert described["nodes"] == [{**NODES[0], "weights_bytes": 0}]
    assert (described["loaded"], described["weights_bytes"]) == (True, 0)
    assert described["resident_bytes"] >= 0


def test_reload_answers_with_the_state(make_model: MakeModel) -> None:
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions()))
    reloaded = client.simulate_post("/v1/config/reload")
    assert reloaded.status_code == 200
    assert reloaded.json == client.simulate_get("/v1/config").json


def test_an_invalid_config_changes_nothing(make_model: MakeModel, caplog: pytest.LogCaptureFixture) -> None:
    def find_sources() -> dict[str, ModelSource]:
        raise ConfigFileError("config.json: invalid")

    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions(), find_sources))
    response = client.simulate_post("/v1/config/reload")
    assert response.status_code == 412
    assert response.json["error"]["message"] == "nothing is reloaded: the config is invalid; the log has the reason"
    assert "nothing is reloaded: config.json: invalid" in caplog.text
    assert client.simulate_get("/v1/config").json["toy"]["model_version_status"] == status("AVAILABLE", "OK", "OK")


def test_many_reloads_do_not_take_all_threads() -> None:
    loading = threading.Event()

    def find_sources() -> dict[str, ModelSource]:
        loading.wait()
        return {}

    models = ServedModels([])
    config = config_of(models, find_sources)

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
        request, response = falcon.testing.create_asgi_req(), falcon.asgi.Response()
        reloads = [asyncio.create_task(config.on_post_reload(request, response)) for _ in range(2)]
        try:
            await asyncio.sleep(0)  # the reloads begin
            await asyncio.wait_for(asyncio.to_thread(int), 60)
        finally:
            loading.set()
        await asyncio.gather(*reloads)

    asyncio.run(main())
