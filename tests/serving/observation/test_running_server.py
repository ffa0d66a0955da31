"""The log of a real server: streams and clients that disconnect need one."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from tests.serving.running_server import Pipes, RunningServer, serving
from tests.serving.test_server import GUNICORN, ask


def read_stream(server: RunningServer, **fields: object) -> bytes:
    body = json.dumps({"stream": True, **fields})
    with contextlib.closing(server.connect()) as connection:
        connection.request("POST", "/v1/images/generations", body, {"Content-Type": "application/json"})
        return connection.getresponse().read()


def test_streams_and_clients_that_disconnect(model: Path, pipes: Pipes) -> None:
    with serving(model) as server:
        assert b"completed" in read_stream(server, prompt="a cat")
        assert "status=200 " in server.wait_for_log("POST /v1/images/generations")
        assert b"event: error" in read_stream(server, prompt="fail", partial_images=1)
        line = server.wait_for_log("POST /v1/images/generations")
        assert "status=500 " in line
        assert "steps=1 " in line
        connection = ask(server, f"wait for cancel {pipes.folder}")
        pipes.wait_until_started()
        connection.close()
        assert pipes.read_news() == "cancelled"
        assert "status=499 " in server.wait_for_log("POST /v1/images/generations")
        assert "cancel" not in server.log[-1]


def test_json(model: Path) -> None:
    with serving(model, "--log_format=json", until='"toy is ready at ') as server:
        server.generate(prompt="fail")
        error, line = (json.loads(server.wait_for_log(text)) for text in ('"ERROR"', "/v1/images/generations "))
        assert (line["status"], line["model"]) == (500, "toy")
        assert error["request_id"] == line["request_id"]
        assert "out of paint" in error["exception"]
        server.stop()
        for line in server.log:
            assert json.loads(line)["message"]


def test_gunicorns_access_log_replaces_the_line(model: Path) -> None:
    command = [sys.executable, "-c", GUNICORN, "-c", "examples/deploy/gunicorn.conf.py", "--access-logfile=/dev/stderr"]
    with serving(model, command=command) as server:
        server.generate(prompt="a cat")
        server.wait_for_log('"POST /v1/images/generations HTTP/1.1" 200')
        server.stop()
        assert sum("POST /v1/images/generations" in line for line in server.log) == 1
