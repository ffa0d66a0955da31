from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import signal
import sys
from pathlib import Path

import pytest

from tests.serving import toys
from tests.serving.running_server import SECONDS, Pipes, RunningServer, serving
from tests.serving.toys import painted

GUNICORN = "from tests.serving import toys; from gunicorn.app.wsgiapp import run; run()"
EXAMPLE = [sys.executable, "-c", GUNICORN, "-c", "examples/deploy/gunicorn.conf.py"]


def ask(server: RunningServer, prompt: str) -> http.client.HTTPConnection:
    """Send a request for an image without waiting for the answer."""
    connection = server.connect()
    body = json.dumps({"prompt": prompt})
    connection.request("POST", "/v1/images/generations", body, {"Content-Type": "application/json"})
    return connection


def answer(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    """Return the answer, whose body was read to its end."""
    with contextlib.closing(connection):
        response = connection.getresponse()
        response.read()
        return response


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_a_request_finish(model: Path, pipes: Pipes, number: int) -> None:
    with serving(model) as server:
        connection = ask(server, f"wait {pipes.folder}")
        pipes.wait_until_started()
        if number is signal.SIGINT:
            os.killpg(server.process.pid, number)  # as a terminal does
        else:
            server.process.send_signal(number)
        server.wait_for_log("Waiting for 1 connections to finish")
        pipes.let_go()
        assert answer(connection).status == 200
        assert server.wait() == 0


def test_a_second_interrupt_does_not_wait(model: Path, pipes: Pipes) -> None:
    with serving(model) as server:
        connection = ask(server, f"wait {pipes.folder}")
        pipes.wait_until_started()
        server.process.send_signal(signal.SIGINT)
        server.wait_for_log("Waiting for 1 connections to finish")
        server.process.send_signal(signal.SIGINT)
        assert server.wait() == 0
        connection.close()


def test_a_client_that_disconnects_cancels_its_run(model: Path, pipes: Pipes) -> None:
    with serving(model) as server:
        connection = ask(server, f"wait for cancel {pipes.folder}")
        pipes.wait_until_started()
        connection.close()
        assert pipes.read_news() == "cancelled"
        server.wait_for_log("the client disconnected; its run is cancelled")
        assert server.generate(prompt="a cat")[0] == 200


def test_a_full_queue(model: Path, pipes: Pipes) -> None:
    with serving(model, "--max_running=1", "--max_waiting=1") as server:
        running = ask(server, f"wait {pipes.folder}")
        pipes.wait_until_started()
        # One of two more requests waits, and the other is refused.
        others = [ask(server, "a cat"), ask(server, "a dog")]
        [answered], _, _ = select.select([other.sock for other in others], [], [], SECONDS)
        waiting, refused = sorted(others, key=lambda other: other.sock is answered)
        refusal = answer(refused)
        assert refusal.status == 429
        assert 1 <= int(refusal.headers["retry-after"]) <= 120
        # The waiting client disconnects, so that another can wait; health is answered meanwhile.
        waiting.close()
        server.wait_for_log("the client disconnected")
        assert server.request("GET", "/v2/health/ready")[0] == 200
        third = ask(server, "a bird")
        pipes.let_go()
        assert answer(running).status == 200
        assert answer(third).status == 200


@pytest.fixture
def slow_model(tmp_path: Path) -> Path:
    (tmp_path / "graph.pbtxt").write_text(toys.GRAPH.replace("Paint", "Slow"))
    os.mkfifo(tmp_path / "go")
    return tmp_path


def test_while_a_model_is_loading(slow_model: Path) -> None:
    with serving(slow_model, until="ASGI server listening") as server:
        assert server.request("GET", "/v2/health/live")[0] == 200
        assert server.request("GET", "/v2/health/ready")[0] == 503
        assert server.request("GET", "/v1/models")[1]["data"] == []
        early = answer(ask(server, "a cat"))
        assert early.status == 503
        assert int(early.headers["retry-after"]) > 0
        (slow_model / "go").write_text("go")
        server.wait_for_log("toy is ready at http://127.0.0.1")
        assert server.request("GET", "/v2/health/ready")[0] == 200
        assert server.generate(prompt="a cat")[0] == 200


def test_a_signal_while_a_model_is_loading(slow_model: Path) -> None:
    with serving(slow_model, until="ASGI server listening") as server:
        assert server.stop() == 0


@pytest.mark.parametrize("command", [None, EXAMPLE])
def test_hanging_up_reloads_without_a_gap(model: Path, command: list[str] | None) -> None:
    with serving(model, command=command) as server:
        os.mkfifo(model / "go")
        (model / "graph.pbtxt").write_text(toys.GRAPH.replace("Paint", "Slow"))
        server.process.send_signal(signal.SIGHUP)
        go = os.open(model / "go", os.O_WRONLY)  # waits until the new model is loading
        assert server.generate(prompt="a cat")[0] == 200
        assert server.request("GET", "/v2/health/ready")[0] == 200
        os.write(go, b"go")
        os.close(go)
        server.wait_for_log("toy is ready at ")
        assert server.generate(prompt="a cat")[0] == 200
        assert sum("Booting worker" in line for line in server.log) == 1


def test_hanging_up_with_a_broken_graph(model: Path) -> None:
    with serving(model, "--file_system_poll_wait_seconds=0") as server:
        (model / "graph.pbtxt").write_text(toys.GRAPH.replace("Paint", "Pant"))
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("toy could not be loaded")
        assert server.generate(prompt="a cat")[0] == 200


def test_a_model_that_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "graph.pbtxt").write_text(toys.GRAPH.replace("Paint", "Broken"))
    with serving(tmp_path, until="toy could not be loaded") as server:
        failed = answer(ask(server, "a cat"))
        assert failed.status == 500
        assert failed.headers["x-should-retry"] == "false"
        _, config = server.request("GET", "/v1/config")
        assert config["toy"]["model_version_status"][0]["status"]["error_code"] == "FAILED_PRECONDITION"
        assert server.request("GET", "/v2/health/live")[0] == 200


def test_a_large_body_is_answered(model: Path) -> None:
    with serving(model) as server:
        status, content = server.generate(prompt="x" * 20_000_000)
        assert (status, content["error"]["code"]) == (413, "body_too_large")


def test_gunicorn_with_the_example_configuration(model: Path) -> None:
    with serving(model, command=EXAMPLE) as server:
        _, response = server.generate(prompt="a cat", seed=5)
        assert painted(response)[0]["seed"] == 5
        assert server.stop() == 0


def test_gunicorn_with_an_unknown_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFRAME_REST_PROT", "8000")
    with serving(None, command=EXAMPLE, until='did you mean "GRAPHFRAME_REST_PORT"?') as server:
        assert server.wait() == 4
    assert not any("Traceback" in line for line in server.log)


def test_gunicorn_with_a_broken_graph(model: Path) -> None:
    (model / "graph.pbtxt").write_text(toys.GRAPH.replace("Paint", "Pant"))
    with serving(model, command=EXAMPLE, until="App failed to load") as server:
        assert server.wait() == 4
    assert any("graph.pbtxt:7: " in line and '"PaintCalculator"' in line for line in server.log)
    assert not any("Traceback" in line for line in server.log)


def test_several_workers_are_refused(model: Path) -> None:
    with serving(model, command=[*EXAMPLE, "--workers", "2"], until="there must be 1 worker, not 2") as server:
        assert server.wait() == 1
    assert not any("Traceback" in line for line in server.log)


def test_a_worker_is_not_added_by_a_signal(model: Path) -> None:
    with serving(model) as server:
        server.process.send_signal(signal.SIGTTIN)
        server.wait_for_log("there must be 1 worker, not 2")
        assert server.generate(prompt="a cat")[0] == 200
        assert server.stop() == 0
    assert sum("Booting worker" in line for line in server.log) == 1
