"""MediaPipe's side of `mediapipe_benchmark.py`, for a Python with MediaPipe, which need not have graphframe.

Reads lines such as ``rate pool 5`` and answers each with a number of seconds.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from collections.abc import Callable
from itertools import count, islice
from typing import Any

bindings = importlib.import_module("mediapipe.python._framework_bindings.calculator_graph")
creator = importlib.import_module("mediapipe.python.packet_creator")

BURST = 50
"""The number of packets that are sent before a wait for all of them."""
EXECUTORS = {"pool": "", "application": 'executor { type: "ApplicationThreadExecutor" }'}


def make(text: str) -> Any:
    """Return a graph with an observed output."""
    graph = bindings.CalculatorGraph(graph_config=text)
    graph.observe_output_stream("out", lambda _, packet: seen.append(packet))
    return graph


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
    graph = make(text)
    graph.start_run()
    timestamps = count()

    def work() -> None:
        for timestamp in islice(timestamps, BURST):
            graph.add_packet_to_input_stream("s0", creator.create_int(timestamp), timestamp)
        graph.wait_until_idle()

    seconds = median(work, times) / BURST
    graph.close_all_packet_sources()
    graph.wait_until_done()
    return seconds


def run(text: str, runs: int) -> float:
    """Return the seconds of a run with one packet."""
    graph = make(text)

    def work() -> None:
        graph.start_run()
        graph.add_packet_to_input_stream("s0", creator.create_int(1), 1)
        graph.close_all_packet_sources()
        graph.wait_until_done()

    return median(work, runs)


def build(text: str, graphs: int) -> float:
    """Return the seconds to build a graph from text."""
    return median(lambda: make(text), graphs)


seen: list[Any] = []
MEASURES = {"rate": rate, "run": run, "build": build, "again": build}

if __name__ == "__main__":
    for line in sys.stdin:
        measure, executor, times, text = line.rstrip("\n").split(" ", 3)
        seen.clear()
        print(MEASURES[measure](EXECUTORS[executor] + text, int(times)), flush=True)
