"""MediaPipe's side of `mediapipe_benchmark.py`: runs in a Python that has MediaPipe, and need not have graphframe.

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
"""Packets that are sent before waiting until all have come through."""
EXECUTORS = {"pool": "", "application": 'executor { type: "ApplicationThreadExecutor" }'}


def make(text: str) -> Any:
    """A graph whose output is observed."""
    graph = bindings.CalculatorGraph(graph_config=text)
    graph.observe_output_stream("out", lambda _, packet: seen.append(packet))
    return graph


def median(work: Callable[[], object], times: int) -> float:
    """The seconds that one of many calls takes: on a busy machine some are interrupted."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def rate(text: str, times: int) -> float:
    """Seconds for a packet of a long run, in which they come in bursts."""
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
    """Seconds for a run of one packet."""
    graph = make(text)

    def work() -> None:
        graph.start_run()
        graph.add_packet_to_input_stream("s0", creator.create_int(1), 1)
        graph.close_all_packet_sources()
        graph.wait_until_done()

    return median(work, runs)


def build(text: str, graphs: int) -> float:
    """Seconds for making a graph from text."""
    return median(lambda: make(text), graphs)


seen: list[Any] = []
MEASURES = {"rate": rate, "run": run, "build": build, "again": build}

if __name__ == "__main__":
    for line in sys.stdin:
        measure, executor, times, text = line.rstrip("\n").split(" ", 3)
        seen.clear()
        print(MEASURES[measure](EXECUTORS[executor] + text, int(times)), flush=True)
