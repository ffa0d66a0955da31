from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import falcon.testing
import pytest
from click.testing import CliRunner

from graphframe.cli.main import main
from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving.conftest import MakeModel, event_loop, make_model
from tests.serving.running_server import free_port

__all__ = ["event_loop", "make_model"]


class Bridge:
    """A server of HTTP whose answers are those of an application in this process, or fixed ones."""

    def __init__(self) -> None:
        self.client: falcon.testing.TestClient | None = None
        self.raw = b""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # noqa: N805
                if self.client is None:
                    handler.wfile.write(self.raw)
                    return
                result = self.client.simulate_get(handler.path, headers=dict(handler.headers.items()))
                handler.send_response(result.status_code)
                handler.send_header("content-type", result.headers["content-type"])
                handler.end_headers()
                handler.wfile.write(result.content)

            def log_message(handler, *_: object) -> None: ...  # noqa: N805

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    bridge = Bridge()
    yield bridge
    bridge.close()


def view(url: str, *options: str, key: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["view", url, "--format", "mermaid", *options], env={"API_KEY": key})
    return result.exit_code, result.output


def test_the_only_model_with_its_times(bridge: Bridge, make_model: MakeModel) -> None:
    bridge.client = falcon.testing.TestClient(make_app([make_model()], ServerOptions()))
    code, output = view(bridge.url)
    assert code == 0
    assert 'title: "toy"' in output
    assert 'paint<br>PaintCalculator<br>CPU"]' in output
    assert "no request has succeeded yet" in output
    bridge.client.simulate_post("/v1/images/generations", json={"prompt": "a cat"})
    code, output = view(f"{bridge.url}/")
    assert code == 0
    assert ", 100 #37;" in output
    assert "no request" not in output


@pytest.mark.parametrize("suffix", [".svg", ".html"])
def test_times_in_a_drawing(bridge: Bridge, make_model: MakeModel, tmp_path: Path, suffix: str) -> None:
    bridge.client = falcon.testing.TestClient(make_app([make_model()], ServerOptions()))
    bridge.client.simulate_post("/v1/images/generations", json={"prompt": "a cat"})
    file = tmp_path / f"graph{suffix}"
    assert CliRunner().invoke(main, ["view", bridge.url, "-o", str(file)]).exit_code == 0
    text = file.read_text(encoding="utf-8")
    for part in (", 100 %", "50 % of the time or more", "not used, in 1 request<"):
        assert part in text


def test_one_of_several_models(bridge: Bridge, make_model: MakeModel) -> None:
    models = [make_model("org/one"), make_model("two words")]
    bridge.client = falcon.testing.TestClient(make_app(models, ServerOptions()))
    code, output = view(bridge.url)
    assert code == 1
    assert f'serves several models: "org/one", "two words"; name one, e.g. {bridge.url}/org/one' in output
    for path, name in (("org/one", "org/one"), ("two%20words", "two words"), ("graphs/two words", "two words")):
        code, output = view(f"{bridge.url}/{path}")
        assert code == 0
        assert f'title: "{name}"' in output
    code, output = view(f"{bridge.url}/org/on")
    assert code == 1
    assert 'answers 404: the model "org/on" does not exist (did you mean "org/one"?)' in output


@pytest.mark.parametrize("key", ["secret", "ключ"])
def test_keys(bridge: Bridge, make_model: MakeModel, tmp_path: Path, key: str) -> None:
    (tmp_path / "keys").write_text(f"{key}\n", encoding="utf-8")
    options = ServerOptions(api_key_file=str(tmp_path / "keys"))
    bridge.client = falcon.testing.TestClient(make_app([make_model()], options))
    assert view(bridge.url, key=key)[0] == 0
    for wrong, remedy in ((None, "set API_KEY to one of its keys"), ("other", "API_KEY is not one of its keys")):
        code, output = view(bridge.url, key=wrong)
        assert code == 1
        assert "answers 401: " in output
        assert remedy in output


def test_servers_of_other_kinds(bridge: Bridge) -> None:
    for raw, message in (
        (
            b"HTTP/1.0 200 OK\r\ncontent-type: text/html\r\n\r\n<p>",
            "is text/html, not JSON: is it a graphframe server?",
        ),
        (b"HTTP/1.0 404 Not Found\r\n\r\nno", "answers 404: is it a graphframe server?"),
        (b"SSH-2.0-OpenSSH\r\n", "gives no answer in HTTP"),
        (b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{", "describes its models otherwise"),
    ):
        bridge.raw = raw
        code, output = view(bridge.url)
        assert code == 1
        assert message in output
        assert "Traceback" not in output
    bridge.raw = b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{}"
    assert "serves no models" in view(bridge.url)[1]
    assert "describes its graph otherwise than this version does" in view(f"{bridge.url}/toy")[1]


def test_no_server() -> None:
    code, output = view(f"http://127.0.0.1:{free_port()}")
    assert code == 1
    assert "cannot be reached: connection refused; is a server running there, on this port?" in output


def test_no_tls(bridge: Bridge) -> None:
    bridge.raw = b"HTTP/1.0 400 Bad Request\r\n\r\n"
    code, output = view(bridge.url.replace("http:", "https:"))
    assert code == 1
    assert "if the server does not use TLS, write http:" in output
