"""A server in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SECONDS = 60
"""How long a test waits for what should come at once, before it fails."""

_reserved: list[socket.socket] = []


def free_port() -> int:
    """Return a port of this machine that this process keeps for a server.

    A socket that is bound, but does not listen, keeps the port from processes that ask for any port. A server sets
    SO_REUSEADDR, too, and may therefore bind it.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _reserved.append(holder)
    return int(holder.getsockname()[1])


class RunningServer:
    """The process, its log, and requests to it."""

    def __init__(self, command: Sequence[str], port: int, environment: Mapping[str, str], cwd: Path = ROOT) -> None:
        self.port = port
        self.log: list[str] = []
        self.process = subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def wait_for_log(self, text: str) -> str:
        """Return the next line of the log that contains `text`."""
        while True:
            try:
                line = self._lines.get(timeout=SECONDS)
            except queue.Empty:
                line = ""
            if text in line:
                return line
            if not line:
                raise AssertionError(f"no {text!r} in the log:\n{''.join(self.log)}")

    def request(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return the status and the JSON of the answer to a request on a connection of its own."""
        with contextlib.closing(self.connect()) as connection:
            headers = {"Content-Type": "application/json", "Connection": "close"}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            content = response.read()
            return response.status, json.loads(content) if content else None

    def generate(self, **fields: object) -> tuple[int, Any]:
        """Return the status and the JSON of the answer to a request for images."""
        return self.request("POST", "/v1/images/generations", fields)

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection that is not open yet."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait until it ends, and return the exit code. Its log is complete then."""
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        return code

    def kill(self) -> None:
        """Kill it and its workers, unless it has ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=SECONDS)

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            self._lines.put(line)
        self._lines.put("")  # the end


@contextlib.contextmanager
def serving(
    model: Path | None, *options: str, command: Sequence[str] | None = None, until: str = "toy is ready at "
) -> Iterator[RunningServer]:
    """Run a server of the graph in `model`, and wait until its log says `until`.

    Without a model, the one that ships is served. A `command` other than graphframe's finds the options in its
    environment.
    """
    port = free_port()
    settings: dict[str, object] = {"rest_bind_address": "127.0.0.1", "rest_port": port}
    if model is not None:
        settings |= {"model_name": "toy", "model_path": model}
    if command is None:
        command = [sys.executable, "-m", "tests.serving.toy_server", "serve", *options]
        command += [f"--{name}={value}" for name, value in settings.items()]
        settings = {}
    server = RunningServer(command, port, {f"GRAPHFRAME_{name.upper()}": f"{settings[name]}" for name in settings})
    try:
        server.wait_for_log(until)
        yield server
    finally:
        server.kill()


class Pipes:
    """Two pipes by which a test and a toy calculator wait for each other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("started", "news"):
            os.mkfifo(folder / name)

    def wait_until_started(self) -> None:
        """Return when the calculator has started."""
        assert (self.folder / "started").read_text() == "started"

    def let_go(self) -> None:
        """Let the calculator continue."""
        (self.folder / "news").write_text("continue")

    def read_news(self) -> str:
        """Return the text that the calculator writes."""
        return (self.folder / "news").read_text()
