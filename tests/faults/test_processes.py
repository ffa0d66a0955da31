"""Processes of the server that are killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.serving.running_server import SECONDS, Pipes, RunningServer, serving
from tests.serving.test_server import ask

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="workers are found in /proc")


def worker_of(server: RunningServer) -> int:
    """Return the process ID of the worker."""
    [worker] = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return int(worker)


def test_a_worker_that_is_killed_comes_back(model: Path, pipes: Pipes) -> None:
    with serving(model) as server:
        running = ask(server, f"wait {pipes.folder}")
        pipes.wait_until_started()
        os.kill(worker_of(server), signal.SIGKILL)
        with pytest.raises(ConnectionError):
            running.getresponse()
        server.wait_for_log("toy is ready at ")
        assert server.generate(prompt="a cat")[0] == 200


def test_a_worker_ends_with_its_master(model: Path) -> None:
    with serving(model) as server:
        worker = worker_of(server)
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as idle:
            server.process.kill()
            server.wait_for_log("gunicorn's master has ended")
            assert idle.recv(1) == b""
        with contextlib.suppress(OSError):  # it is gone
            while ") Z " not in Path(f"/proc/{worker}/stat").read_text():
                pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port))
