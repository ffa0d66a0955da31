"""Measures how long requests wait for others: clients of 4 and 50 steps, and a key that floods the server.

It serves pictograms, the model that ships, with two keys. "In order of arrival" is computed from the times of requests
that run alone: it is the time that a server takes that runs one request after the other.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

SECONDS = 20.0
FLOOD = 24
SHORT, LONG = 4, 50


class Server:
    """A server of pictograms in a process of its own."""

    def __init__(self, folder: Path) -> None:
        (folder / "keys").write_text("alice: one\nbob: two\n")
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = int(listener.getsockname()[1])
        address = ["--rest_bind_address=127.0.0.1", f"--rest_port={self.port}"]
        command = [sys.executable, "-m", "graphframe", "serve", *address, f"--api_key_file={folder / 'keys'}"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while self.status("GET", "/v2/health/ready") != 200:
            time.sleep(0.1)

    def status(self, method: str, path: str, key: str = "", body: object = None) -> int:
        """Return the status of an answer, or 0 if there is none."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)) as connection:
            try:
                connection.request(method, path, json.dumps(body) if body else None, headers)
                response = connection.getresponse()
                response.read()
            except OSError:
                return 0
            return response.status

    def generate(self, key: str, steps: int) -> float:
        """Generate an image and return the seconds that it took."""
        body = {"prompt": "a red cat", "num_inference_steps": steps, "size": "128x128", "output_format": "jpeg"}
        began = time.perf_counter()
        status = self.status("POST", "/v1/images/generations", key, body)
        assert status == 200, status
        return time.perf_counter() - began


@contextlib.contextmanager
def clients(calls: list[Callable[[], object]]) -> Iterator[None]:
    """Call each of `calls` again and again in a thread of its own, within the block."""
    end = threading.Event()

    def work(call: Callable[[], object]) -> None:
        while not end.is_set():
            call()

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join()


def mix(server: Server, alone: dict[int, float], kinds: list[tuple[str, int]]) -> None:
    """Print the slowdown of clients, and how fast health checks are meanwhile."""
    found = defaultdict(list)
    health: list[float] = []

    def client(key: str, steps: int) -> Callable[[], None]:
        return lambda: found[steps].append(server.generate(key, steps) / alone[steps])

    def probe() -> None:
        began = time.perf_counter()
        server.status("GET", "/v2/health/live")
        health.append(time.perf_counter() - began)
        time.sleep(0.02)

    with clients([*(client(*kind) for kind in kinds), probe]):
        time.sleep(SECONDS)
    total = sum(alone[steps] for _, steps in kinds)
    arrival = statistics.mean(total / alone[steps] for steps in found)
    slowdowns = {steps: statistics.mean(each) for steps, each in sorted(found.items())}
    print(f"{len(kinds)} clients of {len({key for key, _ in kinds})} keys:")
    for steps, slowdown in slowdowns.items():
        most = max(found[steps])
        print(f"  {steps:2} steps: slowdown {slowdown:.2f}, at most {most:.2f} ({len(found[steps])} requests)")
    print(f"  mean slowdown {statistics.mean(slowdowns.values()):.2f}; in order of arrival {arrival:.2f}")
    percent = statistics.quantiles(health, n=100)
    print(f"  health checks: median {1000 * percent[49]:.1f} ms, 99th percentile {1000 * percent[98]:.1f} ms")


def flood(server: Server, alone: dict[int, float]) -> None:
    """Print how long one key waits while another floods the server."""
    waits: list[float] = []
    with clients([lambda: server.generate("one", LONG) for _ in range(FLOOD)]):
        time.sleep(SECONDS / 5)
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            waits.append(server.generate("two", SHORT) - alone[SHORT])
    step = (alone[LONG] - alone[SHORT]) / (LONG - SHORT)
    print(
        f"a key with {FLOOD} clients of {LONG} steps, and one with a client of {SHORT} steps ({len(waits)} requests):"
    )
    print(
        f"  its wait: mean {statistics.mean(waits):.2f} s, at most {max(waits):.2f} s; a step takes {step:.3f} s alone"
    )
    print(f"  in order of arrival: {FLOOD * alone[LONG]:.2f} s")


def main() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            alone = {
                steps: statistics.median(server.generate("one", steps) for _ in range(5)) for steps in (SHORT, LONG)
            }
            print(f"alone: {SHORT} steps {alone[SHORT]:.2f} s, {LONG} steps {alone[LONG]:.2f} s")
            mix(server, alone, [("one", SHORT), ("two", LONG)])
            mix(server, alone, [("one", SHORT), ("one", LONG)])
            mix(server, alone, [("one", SHORT), ("one", LONG), ("two", SHORT), ("two", LONG)])
            flood(server, alone)
        finally:
            server.process.terminate()
            server.process.wait()


if __name__ == "__main__":
    main()
