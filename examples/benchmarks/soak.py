"""Soak test: a server under a mixed load, whose images are all compared with those of the same requests alone.

    python examples/benchmarks/soak.py --minutes 30

Clients with several keys ask for images of mixed sizes, steps and numbers, for streams, edits and variations. They
disconnect at random, send bad bodies and keep silent connections, while models are replaced and reloaded. A table has a
row for each minute. The exit code is 1 if an image was wrong, if a request got no answer or an unexpected one, or if
memory, threads or descriptors grew.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import io
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from PIL import Image

from graphframe.repository.default_model import DEFAULT_MODEL

MODELS = ("first", "second")
KEYS = ("key-of-ann", "key-of-bob", "key-of-eve")
CLIENTS = 12
REQUESTS = 30
ANSWER_SECONDS = 120
RELOAD_SECONDS = 7
SAMPLE_SECONDS = 1.0
GROWTH = 1.10
"""The largest growth of memory from the second third of the time to the last; threads and descriptors may grow by 5."""

BAD_BODIES = (
    b"{",
    b'{"prompt": "x", "size": "7x7"}',
    b'{"prompt": 1}',
    b"\xff\xfe",
    b'{"prompt": "x", "n": 99}',
    b'{"prompt": "x", "model": "none"}',
    b'{"prompt": "x", "image": "data:image/png;base64,AAAA"}',
    b"[" * 10_000,
)


def picture(mode: str, box: tuple[int, int, int, int]) -> str:
    """Return a PNG of 96x96 pixels with a bright box as a data URL."""
    image, file = Image.new(mode, (96, 96)), io.BytesIO()
    image.paste("white", box)
    image.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def some_request(chance: random.Random) -> tuple[str, dict[str, Any]]:
    """Return a path and a body."""
    kind = chance.choice(["generations", "generations", "stream", "edits", "inpaint", "variations"])
    body: dict[str, Any] = {
        "model": chance.choice(MODELS),
        "prompt": chance.choice(["a red cat", "two blue stars", "x" * 300, "ein Häuschen 家"]),
        "seed": chance.randrange(2**32),
        "size": chance.choice(["64x64", "96x64", "128x128", "192x128"]),
        "num_inference_steps": chance.choice([1, 2, 4, 8]),
        "output_format": chance.choice(["png", "png", "png", "webp"]),
    }
    if kind in ("generations", "stream"):
        body["n"] = chance.choice([1, 1, 2, 3])
    if kind == "stream":
        body |= {"stream": True, "partial_images": chance.choice([0, 1, 3])}
    if kind in ("edits", "inpaint", "variations"):
        body |= {"image": picture("RGB", (10, 10, 50, 60)), "strength": 0.7}
        body["num_inference_steps"] = max(4, body["num_inference_steps"])
    if kind == "inpaint":
        body["mask"] = picture("L", (20, 20, 70, 70))
    if kind == "variations":
        del body["prompt"]
    path = {"stream": "generations", "inpaint": "edits"}.get(kind, kind)
    return f"/v1/images/{path}", body


def pixels(content: str) -> str:
    """Return a hash of the pixels of an image file in base64."""
    image = Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")
    return hashlib.sha256(f"{image.size}".encode() + image.tobytes()).hexdigest()


class SoakServer:
    """``graphframe serve`` in a process of its own, and the state of its worker."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in MODELS:
            shutil.copytree(DEFAULT_MODEL, folder / name)
        config = [{"config": {"name": name, "base_path": name}} for name in MODELS]
        (folder / "config.json").write_text(json.dumps({"model_config_list": config}))
        (folder / "keys").write_text("".join(f"{key}\n" for key in KEYS))
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = int(listener.getsockname()[1])
        options = {"config_path": "config.json", "api_key_file": "keys", "rest_port": self.port}
        options |= {"rest_bind_address": "127.0.0.1", "client_timeout": 5, "max_running": 4}
        command = [sys.executable, "-m", "graphframe", "serve", *(f"--{name}={options[name]}" for name in options)]
        environment = {
            **os.environ,
            "GRAPHFRAME_CACHE_DIR": str(folder / "cache"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stderr=log, cwd=folder, env=environment)

    def wait(self) -> None:
        """Return when it is ready."""
        while True:
            if self.process.poll() is not None:
                raise SystemExit(self.log.read_text())
            with contextlib.suppress(OSError), contextlib.closing(self.connect()) as connection:
                connection.request("GET", "/v2/health/ready")
                if connection.getresponse().status == 200:
                    break
            time.sleep(0.1)
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        [self.worker] = [int(child) for child in children.split()]

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection that is not open yet."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)

    def resources(self) -> dict[str, int]:
        """Return the worker's megabytes, but for mapped files, which come and go, its threads and descriptors."""
        status = Path(f"/proc/{self.worker}/status").read_text()
        numbers = {
            name: int(number) for name, number in re.findall(r"^(RssAnon|Threads):\s+(\d+)", status, re.MULTILINE)
        }
        descriptors = len(os.listdir(f"/proc/{self.worker}/fd"))
        return {"MB": numbers["RssAnon"] // 1024, "threads": numbers["Threads"], "fds": descriptors}

    def change(self, name: str) -> None:
        """Replace a file of a model by an equal one, as an upgrade does."""
        file = next((self.folder / name).glob("*/openvino_model.xml"))
        part = file.with_suffix(".part")
        shutil.copyfile(file, part)
        part.replace(file)


@dataclass
class Minute:
    """The events of a minute, and its samples."""

    events: Counter[str] = field(default_factory=Counter)
    health: list[float] = field(default_factory=list)
    resources: list[dict[str, int]] = field(default_factory=list)


class Soak:
    """Clients, reloads and measurements until the time is over.

    Parameters
    ----------
    server : SoakServer
    minutes : float
    """

    def __init__(self, server: SoakServer, minutes: float) -> None:
        chance = random.Random(1)
        self.server = server
        self.requests = [some_request(chance) for _ in range(REQUESTS)]
        self.expected = [self._ask(server.connect(), number, KEYS[0])[1] for number in range(REQUESTS)]
        self.began = time.monotonic()
        self.ends = self.began + 60 * minutes
        self.minutes: dict[int, Minute] = {}
        self.faults: list[str] = []
        self._lock = threading.Lock()

    def run(self) -> None:
        """Run all threads until the end."""
        targets = [lambda seed=seed: self._client(random.Random(seed)) for seed in range(CLIENTS)]
        threads = [threading.Thread(target=target) for target in (*targets, self._reload, self._measure, self._silence)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _ask(self, connection: http.client.HTTPConnection, number: int, key: str) -> tuple[int, list[str] | str]:
        """Return the status of a request's answer, and the hashes of its images, or the text of an error."""
        path, body = self.requests[number]
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != 200:
            return response.status, text[:300]
        if not body.get("stream"):
            return 200, [pixels(image["b64_json"]) for image in json.loads(text)["data"]]
        events = [json.loads(line[5:]) for line in text.splitlines() if line.startswith("data:")]
        if errors := [event for event in events if event["type"] == "error"]:
            return 599, str(errors)[:300]
        return 200, [pixels(event["b64_json"]) for event in events if event["type"].endswith("completed")]

    def _client(self, chance: random.Random) -> None:
        connection = self.server.connect()
        while time.monotonic() < self.ends:
            number, key, kind = chance.randrange(REQUESTS), chance.choice(KEYS), chance.random()
            try:
                if kind < 0.12:
                    self._send_bad_body(connection, chance, key)
                elif kind < 0.3:
                    connection.close()  # the server would close it, if leaving takes long
                    self._leave(number, key, chance.uniform(0, 2))
                else:
                    self._compare(number, *self._ask(connection, number, key))
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._fault(f"{type(error).__name__}: {error}")
                connection.close()
        connection.close()

    def _compare(self, number: int, status: int, answer: list[str] | str) -> None:
        if status == 200 and answer == self.expected[number]:
            self._note("images", len(answer))
        elif status == 429:
            self._note("busy")
            time.sleep(0.2)
        else:
            self._fault(f"{self.requests[number]}: {'wrong image' if status == 200 else f'{status} {answer!r}'}")

    def _send_bad_body(self, connection: http.client.HTTPConnection, chance: random.Random, key: str) -> None:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        connection.request("POST", "/v1/images/generations", chance.choice(BAD_BODIES), headers)
        response = connection.getresponse()
        text = response.read()
        if 400 <= response.status < 500:
            self._note("refused")
        else:
            self._fault(f"a bad body: {response.status} {text[:300]!r}")

    def _leave(self, number: int, key: str, seconds: float) -> None:
        """Disconnect after some time, unless the answer is there."""
        with contextlib.closing(self.server.connect()) as connection:
            connection.timeout = seconds + 0.001
            try:
                self._compare(number, *self._ask(connection, number, key))
            except TimeoutError:
                self._note("left")

    def _silence(self) -> None:
        """Keep connections that send nothing, or a part of a request."""
        parts = (b"", b"GET /v2 HT", b"POST /v1/images/edits HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
        while time.monotonic() < self.ends:
            with contextlib.ExitStack() as stack:
                clients = [socket.create_connection(("127.0.0.1", self.server.port), 60) for _ in range(30)]
                for client, part in zip(clients, 10 * parts, strict=True):
                    stack.enter_context(client).sendall(part)
                for client in clients:
                    while client.recv(1024):
                        pass
                    self._note("silent")

    def _reload(self) -> None:
        for number in range(10**6):
            if time.monotonic() + RELOAD_SECONDS > self.ends:
                break
            time.sleep(RELOAD_SECONDS)
            self.server.change(MODELS[number % 2])
            if number % 3 == 0:
                self.server.process.send_signal(signal.SIGHUP)
                continue
            with contextlib.closing(self.server.connect()) as connection:
                connection.request("POST", "/v1/config/reload", headers={"Authorization": f"Bearer {KEYS[0]}"})
                if (status := connection.getresponse().status) not in (200, 201):
                    self._fault(f"reload: {status}")
            self._note("reloads")

    def _measure(self) -> None:
        connection = self.server.connect()
        while time.monotonic() < self.ends:
            time.sleep(SAMPLE_SECONDS)
            began = time.monotonic()
            connection.request("GET", "/v2/health/live")
            response = connection.getresponse()
            response.read()
            seconds, resources = time.monotonic() - began, self.server.resources()
            if response.status != 200:
                self._fault(f"health: {response.status}")
            with self._minute() as minute:
                minute.health.append(seconds)
                minute.resources.append(resources)
        connection.close()

    def _note(self, event: str, count: int = 1) -> None:
        with self._minute() as minute:
            minute.events[event] += count

    def _fault(self, text: str) -> None:
        with self._minute() as minute:
            minute.events["faults"] += 1
        self.faults.append(text)

    @contextlib.contextmanager
    def _minute(self) -> Iterator[Minute]:
        with self._lock:
            yield self.minutes.setdefault(int(time.monotonic() - self.began) // 60, Minute())


def table(soak: Soak) -> str:
    """Return the table of all minutes, in Markdown."""
    events = ("images", "faults", "left", "busy", "refused", "silent", "reloads")
    lines = ["| minute | " + " | ".join(events) + " | MB | threads | fds | health ms: median, largest |"]
    lines.append("|---" * (len(events) + 5) + "|")
    for number, minute in sorted(soak.minutes.items()):
        cells = [str(number), *(str(minute.events[event]) for event in events)]
        largest = [max((sample[name] for sample in minute.resources), default="") for name in ("MB", "threads", "fds")]
        cells.extend(map(str, largest))
        health = [1000 * seconds for seconds in minute.health]
        cells.append(f"{statistics.median(health):.0f}, {max(health):.0f}" if health else "")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def grown(soak: Soak) -> list[str]:
    """Return what grew from the second third of the samples, after the start, to the last."""
    samples = [sample for _, minute in sorted(soak.minutes.items()) for sample in minute.resources]
    third = max(len(samples) // 3, 1)
    middle = samples[third:-third] or samples
    found = []
    for name in ("MB", "threads", "fds"):
        before, after = (statistics.median(sample[name] for sample in part) for part in (middle, samples[-third:]))
        if after > (before * GROWTH if name == "MB" else before + 5):
            found.append(f"{name} grew from {before:g} to {after:g}")
    return found


@click.command(help=__doc__)
@click.option("--minutes", type=click.FloatRange(min=0.1), default=30.0, show_default=True)
def main(minutes: float) -> None:
    """Run the soak, and print its table."""
    with tempfile.TemporaryDirectory() as folder:
        server = SoakServer(Path(folder))
        try:
            server.wait()
            soak = Soak(server, minutes)
            soak.run()
            server.process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            code = server.process.wait(60)
            drained = time.monotonic() - began
        finally:
            server.process.kill()
        log = server.log.read_text()
    click.echo(table(soak))
    total = sum((minute.events for minute in soak.minutes.values()), Counter[str]())
    click.echo(f"total: {dict(total)}; the server ended with {code} after {drained:.1f} s")
    problems = [*soak.faults[:20], *grown(soak)]
    problems += [f"{log.count('Traceback')} tracebacks in the log"] if "Traceback" in log else []
    problems += [f"the server ended with {code}"] if code else []
    for problem in problems:
        click.echo(f"FAULT: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
