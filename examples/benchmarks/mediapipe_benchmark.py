"""Benchmark of the engine compared with MediaPipe's, and of the memory that remains after 10,000 runs.

    python examples/benchmarks/mediapipe_benchmark.py --mediapipe-python PATH

PATH is the Python of another virtual environment, in which MediaPipe 0.10.21 is installed.
"""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from itertools import count, islice
from pathlib import Path

import click

import graphframe as gf

BURST = 50
"""The number of packets that are sent before a wait for all of them, as in `mediapipe_worker.py`."""
LENGTHS = (1, 5, 20)
COUNTS = {"rate": 25, "run": 300, "build": 20, "again": 20}
"""The measurements, and their repetitions in a round."""
TITLES = {
    "rate": "microseconds a packet, fed from and observed in Python",
    "run": "microseconds a run: start, one packet, wait until it is done",
    "build": "microseconds to build a graph that was never seen",
    "again": "microseconds to build the graph from the same text again",
}


def chain(length: int) -> str:
    """Return the text of a chain of `length` PassThrough nodes."""
    names = [*(f"s{index}" for index in range(length)), "out"]
    nodes = (
        f'node {{ calculator: "PassThroughCalculator" input_stream: "{names[i]}" output_stream: "{names[i + 1]}" }}'
        for i in range(length)
    )
    return f'input_stream: "s0" output_stream: "out" {" ".join(nodes)}'


def median(work: Callable[[], object], times: int) -> float:
    """Return the seconds of a typical call. On a busy machine some calls are interrupted."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def rate(text: str, times: int) -> float:
    """Return the seconds per packet in a long run, in which packets arrive in bursts."""
    seen: list[gf.Packet] = []
    run = gf.Graph.from_text(text).start_run(observers={"out": seen.append})
    timestamps = count()

    def work() -> None:
        for timestamp in islice(timestamps, BURST):
            run.add("s0", timestamp, timestamp)
        run.wait_until_idle()

    seconds = median(work, times) / BURST
    run.close_inputs()
    run.wait_until_done()
    return seconds


def run(text: str, runs: int) -> float:
    """Return the seconds of a run with one packet."""
    seen: list[gf.Packet] = []
    graph = gf.Graph.from_text(text)
    graph.load()

    def work() -> None:
        run = graph.start_run(observers={"out": seen.append})
        run.add("s0", 1, 1)
        run.close_inputs()
        run.wait_until_done()

    return median(work, runs)


def build(text: str, graphs: int) -> float:
    """Return the seconds to build a graph like `text` in which all stream names except "out" are new."""
    texts = iter([text.replace('"s', f'"s{next(_numbers)}_') for _ in range(graphs)])
    return median(lambda: gf.Graph.from_text(next(texts)).load(), graphs)


def again(text: str, graphs: int) -> float:
    """Return the seconds to build a graph from a text that was built before."""
    return median(lambda: gf.Graph.from_text(text).load(), graphs)


_numbers = count()
MEASURES: dict[str, Callable[[str, int], float]] = {"rate": rate, "run": run, "build": build, "again": again}


class MediaPipe:
    """The other Python process, which measures on request."""

    def __init__(self, python: str) -> None:
        self.command = [python, str(Path(__file__).with_name("mediapipe_worker.py"))]
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def seconds(self, measure: str, executor: str, text: str) -> float:
        """Return the seconds of a measurement in the other process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{measure} {executor} {COUNTS[measure]} {text}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise click.ClickException(f"MediaPipe's side has failed; start it by hand: {' '.join(self.command)}")
        return float(answer)


def compare(mediapipe: MediaPipe, measure: str, length: int, rounds: int) -> None:
    """Print a line with the medians of interleaved rounds and the median of their ratios."""
    text = chain(length)
    ours, pool, application = [], [], []
    for _ in range(rounds):
        ours.append(MEASURES[measure](text, COUNTS[measure]))
        pool.append(mediapipe.seconds(measure, "pool", text))
        application.append(mediapipe.seconds(measure, "application", text))
    columns = "".join(f"{statistics.median(times) * 1e6:12.1f}" for times in (ours, pool, application))
    for others in (pool, application):
        ratio = statistics.median(other / own for own, other in zip(ours, others, strict=True))
        columns += f"{ratio:14.2f}"
    print(f"{length:>7}{columns}")


class Payload:
    """A value that can be weakly referenced."""


def memory() -> int:
    """Return the resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def leftovers(runs: int) -> None:
    """Print the memory that many runs of a graph leave, with the garbage collector switched off."""
    graph = gf.Graph.from_text(chain(5) + " num_threads: 2")
    alive: list[weakref.ref[Payload]] = []

    def work(count: int) -> None:
        for _ in range(count):
            run = graph.start_run(observers={"out": lambda _: None})
            payload = Payload()
            alive.append(weakref.ref(payload))
            run.add("s0", payload)
            run.close_inputs()
            run.wait_until_done()
            del payload
            alive[:] = [reference for reference in alive if reference() is not None]

    threads = threading.active_count()
    gc.disable()
    work(1000)
    resident = memory()
    work(runs)
    grown = memory() - resident
    gc.enable()
    graph.close()
    alive[:] = [reference for reference in alive if reference() is not None]
    print(
        f"\n{runs} runs on two threads, without the garbage collector, leave behind: "
        f"{threading.active_count() - threads} threads, {len(alive)} packets, {grown / 2**20:.2f} MiB"
    )


@click.command()
@click.option("--mediapipe-python", required=True, help="Path of a Python with MediaPipe.")
@click.option("--rounds", default=9, show_default=True, help="Rounds of each measurement.")
@click.option("--runs", default=10_000, show_default=True, help="Number of runs for the memory measurement.")
def main(mediapipe_python: str, rounds: int, runs: int) -> None:
    """Print the tables."""
    mediapipe = MediaPipe(mediapipe_python)
    print(f"Python {sys.version.split()[0]}; ratios are MediaPipe's time by graphframe's, above 1 graphframe is faster")
    with mediapipe.process:
        for measure, title in TITLES.items():
            print(f"\n{title}\n  nodes  graphframe    mp. pool    mp. app. ratio to pool       to app.")
            for length in LENGTHS:
                compare(mediapipe, measure, length, rounds)
    leftovers(runs)


if __name__ == "__main__":
    main()
