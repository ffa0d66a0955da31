"""Compares graphframe over HTTP with openvino_genai and optimum-intel in turn: times and memory.

    python examples/benchmarks/full_size.py MODEL [--optimum-python PATH] [--json FILE]

MODEL is a folder in OpenVINO's layout. PATH is the Python of a virtual environment with optimum-intel. It needs Linux.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import click

ROWS = {
    "ready": "start to ready",
    "start": "start to first image",
    "first": "first image after ready",
    "second": "second image",
    "single": "one image",
    "four": "n=4",
    "clients_1": "1 client, per image",
    "clients_2": "2 clients, per image",
    "clients_4": "4 clients, per image",
    "clients_8": "8 clients, per image",
    "mixed": "2 clients, of 1 and many steps, per image",
    "steady": "memory at the end, MiB",
    "peak": "peak memory, MiB",
}
"""The measurements: seconds where no unit is given."""

Figures = dict[str, float]


class Peer(Protocol):
    """A process that generates images."""

    process: subprocess.Popen[Any]

    def image(self, seed: int, steps: int, n: int = 1) -> None:
        """Generate images of a seed."""


class Server:
    """A server of graphframe."""

    def __init__(self, model: Path, size: int, cache: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = int(listener.getsockname()[1])
        self.size = size
        address = ["--rest_bind_address=127.0.0.1", f"--rest_port={self.port}"]
        command = [sys.executable, "-m", "graphframe", "serve", *address, "--model_name=m", f"--model_path={model}"]
        environment = {**os.environ, "GRAPHFRAME_CACHE_DIR": str(cache)}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        while self._answer("GET", "/v2/health/ready") != 200:
            if self.process.poll() is not None:
                raise click.ClickException(f"the server has ended; start it by hand: {' '.join(command)}")
            time.sleep(0.02)

    def image(self, seed: int, steps: int, n: int = 1) -> None:
        """Generate images of a seed."""
        size = f"{self.size}x{self.size}"
        body = {"prompt": "a red cat", "size": size, "n": n, "seed": seed, "num_inference_steps": steps}
        if (status := self._answer("POST", "/v1/images/generations", json.dumps(body))) != 200:
            raise click.ClickException(f"the server answered {status}")

    def _answer(self, method: str, path: str, body: str | None = None) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3600)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
        except OSError:
            return 0
        finally:
            connection.close()
        return response.status


class Worker:
    """A library in a process of its own: `full_size_worker.py`. It generates one image after the other."""

    def __init__(self, python: str, library: str, model: Path, size: int, cache: Path) -> None:
        command = [python, str(Path(__file__).with_name("full_size_worker.py")), library, str(model), str(size)]
        self.process = subprocess.Popen(
            [*command, str(cache)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._turn = ThreadPoolExecutor(1)
        if self._line() != "ready":
            raise click.ClickException(f"{library} has failed; start it by hand: {' '.join(command)} {cache}")

    def image(self, seed: int, steps: int, n: int = 1) -> None:
        """Generate images of a seed."""
        self._turn.submit(self._generate, seed, steps, n).result()

    def _generate(self, seed: int, steps: int, n: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seed} {steps} {n}\n")
        self.process.stdin.flush()
        if self._line() != "done":
            raise click.ClickException("a library has failed")

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()
    ]
    return [pid, *(descendant for child in children for descendant in tree(child))]


def memory(pid: int, field: str) -> float:
    """Return the sum of a field of /proc/PID/status over a process and its descendants, in MiB."""
    lines = [line for each in tree(pid) for line in Path(f"/proc/{each}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(start: Callable[[], Peer], steps: int, repeats: int) -> Figures:
    """Start a peer, measure it, and end it."""
    began = time.perf_counter()
    peer = start()
    found = {"ready": time.perf_counter() - began}
    seeds = count()
    try:
        found["first"] = seconds(lambda: peer.image(next(seeds), steps))
        found["start"] = time.perf_counter() - began
        found["second"] = seconds(lambda: peer.image(next(seeds), steps))
        found["single"] = statistics.median(
            seconds(lambda: peer.image(next(seeds), steps)) for _ in range(max(repeats, 1))
        )
        if repeats:
            found["four"] = seconds(lambda: peer.image(next(seeds), steps, 4))
            for clients in (1, 2, 4, 8):
                found[f"clients_{clients}"] = together(peer, [steps] * clients, repeats)
            found["mixed"] = together(peer, [1, 5 * steps], repeats)
        found["steady"] = memory(peer.process.pid, "VmRSS")
        found["peak"] = memory(peer.process.pid, "VmHWM")
    finally:
        peer.process.terminate()
        peer.process.wait()
    return found


def together(peer: Peer, clients: list[int], images: int) -> float:
    """Return the seconds an image of several clients at once, each with a number of steps."""

    def work(client: int) -> None:
        for image in range(images):
            peer.image(100 * client + image, clients[client])

    with ThreadPoolExecutor(len(clients)) as pool:
        whole = seconds(lambda: list(pool.map(work, range(len(clients)))))
    return whole / len(clients) / images


def table(runs: dict[str, list[Figures]]) -> str:
    """Return the medians of each peer, and the ratio of graphframe's to each.

    Examples
    --------
    >>> print(table({"graphframe": [{"single": 1.0}], "openvino_genai": [{"single": 2.0}]}))
                                                   graphframe  openvino_genai   ratio
    one image                                            1.00            2.00    0.50
    """
    own, *others = runs
    lines = [f"{'':42}{own:>15}" + "".join(f"{other:>16}{'ratio':>8}" for other in others)]
    for key, title in ROWS.items():
        if key in runs[own][0]:
            medians = {peer: statistics.median(each[key] for each in figures) for peer, figures in runs.items()}
            columns = "".join(f"{medians[other]:>16.2f}{medians[own] / medians[other]:>8.2f}" for other in others)
            lines.append(f"{title:42}{medians[own]:>15.2f}{columns}")
    return "\n".join(lines)


@click.command()
@click.argument("model", type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True))
@click.option("--optimum-python", help="Path of a Python with optimum-intel.")
@click.option("--size", default=256, show_default=True, help="Width and height of the images.")
@click.option("--steps", default=4, show_default=True)
@click.option("--rounds", default=3, show_default=True, help="Rounds in which each is started from its cache.")
@click.option("--repeats", default=3, show_default=True, help="Repetitions in a round.")
@click.option("--json", "report", type=click.Path(path_type=Path), help="Write all figures to a file.")
def main(
    model: Path, optimum_python: str | None, size: int, steps: int, rounds: int, repeats: int, report: Path | None
) -> None:
    """Print a table of cold starts, and one of starts from the cache."""
    with tempfile.TemporaryDirectory() as folder:
        caches = Path(folder)
        starts: dict[str, Callable[[], Peer]] = {
            "graphframe": lambda: Server(model, size, caches / "graphframe"),
            "openvino_genai": lambda: Worker(sys.executable, "genai", model, size, caches / "genai"),
        }
        if optimum_python:
            starts["optimum-intel"] = lambda: Worker(optimum_python, "optimum", model, size, caches / "optimum")
        cold = {peer: [measure(start, steps, 0)] for peer, start in starts.items()}
        click.echo(f"cold start\n{table(cold)}\n")
        warm: dict[str, list[Figures]] = {peer: [] for peer in starts}
        for _ in range(rounds):
            for peer, start in starts.items():
                warm[peer].append(measure(start, steps, repeats))
        click.echo(f"from the cache, medians of {rounds} rounds in turn\n{table(warm)}")
    if report:
        report.write_text(json.dumps({"cold": cold, "cache": warm}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
