"""Real proxies with the examples' configurations, in front of a real server."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.examples.deploy.conftest import Certificate
from tests.examples.deploy.examples import DEPLOY, GUNICORN
from tests.examples.deploy.proxy import Proxy, RunProxy, caddy, nginx
from tests.serving.event_reader import read_events
from tests.serving.forms import FORM, encode_form
from tests.serving.running_server import Pipes, serving

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module", params=[nginx, caddy])
def proxy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, model: Path, certificate: Certificate
) -> Iterator[Proxy]:
    run_proxy: RunProxy = request.param
    command = [*GUNICORN, "--config", str(DEPLOY / "gunicorn.conf.py")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHFRAME_METRICS_ENABLE", "true")
        with (
            serving(model, command=command) as server,
            run_proxy(tmp_path_factory.mktemp("proxy"), server.port, certificate) as proxy,
        ):
            yield proxy


def generate(proxy: Proxy, path: str = "/v1/images/generations", **headers: str) -> Any:
    """Return the answer to a request for the URL of an image."""
    body = json.dumps({"prompt": "a cat", "response_format": "url"}).encode()
    status, content = proxy.answer("POST", path, body, {"Content-Type": "application/json", **headers})
    assert status == 200
    return content


def test_a_large_image_passes(proxy: Proxy) -> None:
    body = encode_form(("prompt", "a cat"), ("image", b"\x89PNG" + bytes(3_000_000)))
    status, _ = proxy.answer("POST", "/v1/images/edits", body, FORM)
    assert status == 200


def test_the_server_itself_refuses_an_image_that_is_too_large(proxy: Proxy) -> None:
    body = encode_form(("prompt", "a cat"), ("image", b"\x89PNG" + bytes(51 * 1024 * 1024)))
    status, content = proxy.answer("POST", "/v1/images/edits", body, FORM)
    assert (status, content["error"]["code"]) == (413, "body_too_large")


def test_events_arrive_one_by_one(proxy: Proxy, pipes: Pipes) -> None:
    path = "/v1/images/generations"
    with contextlib.closing(proxy.ask(path, prompt=f"wait {pipes.folder}", stream=True, partial_images=2)) as asked:
        events = iter(read_events(line.decode() for line in asked.getresponse()))
        for index in range(2):
            name, data = next(events)
            assert (name, data["partial_image_index"]) == ("image_generation.partial_image", index)
        pipes.wait_until_started()
        pipes.let_go()
        assert [name for name, _ in events] == ["image_generation.completed"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_cancels_its_run(proxy: Proxy, pipes: Pipes, stream: bool) -> None:
    asked = proxy.ask("/v1/images/generations", prompt=f"wait for cancel {pipes.folder}", stream=stream)
    pipes.wait_until_started()
    asked.close()
    assert pipes.read_news() == "cancelled"


def test_urls_lead_through_the_proxy(proxy: Proxy) -> None:
    forged = {"Forwarded": "host=evil.example;proto=http", "X-Forwarded-Host": "evil.example"}
    url = generate(proxy, **forged)["data"][0]["url"]
    base = f"https://127.0.0.1:{proxy.port}"
    assert url.startswith(f"{base}/images/files/")
    status, content = proxy.answer("GET", url.removeprefix(base))
    assert status == 200
    assert json.loads(content)["prompt"] == "a cat"


def test_health_passes_and_metrics_do_not(proxy: Proxy) -> None:
    assert proxy.answer("GET", "/v2/health/ready")[0] == 200
    assert proxy.answer("GET", "/metrics")[0] == 404


def test_headers_must_arrive_within_ten_seconds(proxy: Proxy) -> None:
    with contextlib.closing(proxy.connect()) as connection:
        connection.connect()
        connection.sock.sendall(b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        start = time.monotonic()
        assert b"200" not in connection.sock.recv(1024)
        assert time.monotonic() - start < 45  # nginx itself waits for a minute, Caddy without a limit


@pytest.mark.parametrize(
    "path", ["/metrics/", "//metrics", "/%2Fmetrics", "/./metrics", "/sd/metrics/", "/sd//metrics"]
)
def test_no_spelling_of_metrics_passes(proxy: Proxy, path: str) -> None:
    assert proxy.answer("GET", path)[0] == 404


def test_below_a_path(proxy: Proxy) -> None:
    url = generate(proxy, "/sd/v1/images/generations", **{"X-Forwarded-Prefix": "/forged"})["data"][0]["url"]
    base = f"https://127.0.0.1:{proxy.port}"
    assert url.startswith(f"{base}/sd/images/files/")
    assert proxy.answer("GET", url.removeprefix(base))[0] == 200
    assert proxy.answer("GET", "/sd/page/main.js")[0] == 200
    assert proxy.answer("GET", "/sd/openapi.json")[1]["servers"] == [{"url": "/sd"}]


def test_a_forged_prefix_is_removed(proxy: Proxy) -> None:
    url = generate(proxy, **{"X-Forwarded-Prefix": "/forged"})["data"][0]["url"]
    assert url.startswith(f"https://127.0.0.1:{proxy.port}/images/files/")
