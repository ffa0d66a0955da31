"""How the tests here start graphs, wait for them and see them fail."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

import graphframe as gf
from tests.framework.waiting import SECONDS

Seen = dict[str, list[gf.Packet]]
"""The packets of each output stream of a graph so far."""


def start(text: str, side_packets: dict[str, Any] | None = None, **more: Any) -> tuple[gf.Run, Seen]:
    """A run of a graph, and what comes out of it."""
    graph = gf.Graph.from_text(text)
    seen: Seen = {key: [] for key in graph.outputs}
    run = graph.start_run(side_packets, {key: packets.append for key, packets in seen.items()}, **more)
    return run, seen


def idle(run: gf.Run) -> None:
    """Wait until nothing can work any more."""
    run.wait_until_idle(SECONDS)


def finish(run: gf.Run) -> None:
    """Close all inputs and wait for the end."""
    run.close_inputs()
    run.wait_until_done(SECONDS)


def failure(run: gf.Run, stream: str, value: object = 1, timestamp: int = 0) -> gf.GraphError:
    """Add a packet that the run fails on, in whichever thread, and wait for its end."""
    with suppress(gf.GraphError):
        run.add(stream, value, timestamp)
    with pytest.raises(gf.GraphError) as caught:
        run.wait_until_done(SECONDS)
    return caught.value


def problems(text: str) -> list[str]:
    """All that is wrong with a graph."""
    with pytest.raises(gf.GraphConfigError) as caught:
        gf.Graph.from_text(text)
    return [problem.message for problem in caught.value.problems]
