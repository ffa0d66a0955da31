"""Clients that ask for too much, or leave."""

from __future__ import annotations

import http.client
import json
import os
import select
import socket
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_processes import worker_of
from tests.serving.running_server import RunningServer, serving

pytestmark = pytest.mark.timeout(120)

KEY = {"Authorization": "Bearer key", "Content-Type": "application/json"}
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER for a connection that is closed by a reset."""


def send(server: RunningServer, **fields: object) -> http.client.HTTPConnection:
    """Send a request for images without waiting for the answer."""
    connection = server.connect()
    connection.request("POST", "/v1/images/generations", json.dumps(fields), KEY)
    return connection


def queue(server: RunningServer) -> list[dict[str, Any]]:
    """Return the requests that wait or run."""
    connection = server.connect()
    connection.request("GET", "/v3/queue", headers={**KEY, "Connection": "close"})
    data: list[dict[str, Any]] = json.loads(connection.getresponse().read())["data"]
    return data


def wait_for_queue(server: RunningServer, length: int) -> None:
    while len(queue(server)) != length:
        pass


def test_two_hundred_requests_at_once(model: Path) -> None:
    with serving(model, "--max_running=4", "--max_waiting=20") as server:
        running = [send(server, prompt="stay") for _ in range(4)]
        wait_for_queue(server, 4)
        others = [send(server, prompt="a cat") for _ in range(196)]
        refused: list[socket.socket] = []
        while len(refused) < 176:
            refused = select.select([each.sock for each in others], [], [])[0]
        assert server.request("GET", "/v2/health/live")[0] == 200
        for connection in running:
            connection.close()
        responses = [connection.getresponse() for connection in others]
        assert sorted(response.status for response in responses) == [200] * 20 + [429] * 176
        assert all(int(response.headers["retry-after"]) > 0 for response in responses if response.status == 429)
        wait_for_queue(server, 0)


def test_three_hundred_resets(model: Path) -> None:
    with serving(model, "--max_running=4") as server:
        assert server.generate(prompt="a cat")[0] == 200
        descriptors = Path(f"/proc/{worker_of(server)}/fd")
        before = len(os.listdir(descriptors))
        for number in range(300):
            connection = send(server, prompt="stay" if number % 3 else "a cat", stream=number % 2 == 0)
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.close()
        wait_for_queue(server, 0)
        while len(os.listdir(descriptors)) > before:
            server.request("GET", "/v2/health/live")
        assert server.generate(prompt="a cat")[0] == 200
        assert not any("Traceback" in line for line in server.log)
