"""Graphs whose queues fill."""

from __future__ import annotations

import graphframe as gf
from tests.framework.conformance.runs import start
from tests.framework.waiting import Semaphore

GATED = """
    input_stream: "a" output_stream: "b" num_threads: 1 input_side_packet: "process"
    node { calculator: "Call" input_stream: "a" output_stream: "b" input_side_packet: "PROCESS:process" }
"""

RANGE = 'node { name: "%s" calculator: "RangeCalculator" output_stream: "%s" input_side_packet: "N:count" %s }'

JOIN = """
    input_stream: "a" input_stream: "b" output_stream: "joined"
    node { name: "join" calculator: "JoinCalculator" input_stream: "a" input_stream: "b" output_stream: "joined" }
"""

ENDLESS = {"count": 10**9}


def filled(size: int) -> tuple[gf.Run, dict[str, list[gf.Packet]], Semaphore]:
    """A run with a node that is stopped, and a full queue before it."""
    gate = Semaphore()
    run, seen = start(f"max_queue_size: {size} {GATED}", {"process": gate})
    run.add("a", 0, 0)
    gate.entered()
    for timestamp in range(1, size + 1):
        assert run.try_add("a", timestamp, timestamp)
    return run, seen, gate
