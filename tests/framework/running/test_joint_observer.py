"""Observers of several streams at once."""

from __future__ import annotations

import asyncio

import pytest

import graphframe as gf
from graphframe import Packet
from tests.framework.waiting import SECONDS

GRAPH = """
    input_stream: "a" input_stream: "B:b" output_stream: "twice"
    node { calculator: "Double" input_stream: "a" output_stream: "twice" }
"""
Rows = list[tuple[Packet | None, ...]]


def test_packets_of_a_timestamp_come_together_once_it_is_settled() -> None:
    rows: Rows = []
    run = gf.Graph.from_text(GRAPH).start_run(observers={("twice", "B"): rows.append})
    run.add("a", 1, 1)
    run.add("a", 2, 2)
    assert not rows
    run.add("B", "x", 2)
    assert rows == [((2, 1), None), ((4, 2), ("x", 2))]
    run.add("B", "y", 3)
    run.set_bound("a", 4)
    assert rows[2:] == [(None, ("y", 3))]
    run.add("B", "z", 9)
    run.close_inputs()
    run.wait_until_done(SECONDS)
    assert rows[3:] == [(None, ("z", 9))]


def test_any_streams_in_any_order_beside_other_observers() -> None:
    rows: Rows = []
    alone: list[Packet] = []
    graph = gf.Graph.from_text(GRAPH)
    asyncio.run(graph.run_async(a=1, B="x", observers={("b", "twice", "a"): rows.append, "a": alone.append}))
    assert rows == [(("x", 0), (2, 0), (1, 0))]
    assert alone == [(1, 0)]


def test_a_wrong_name() -> None:
    with pytest.raises(gf.GraphError, match=r'no output stream "twise" .did you mean "twice"'):
        gf.Graph.from_text(GRAPH).start_run(observers={("a", "twise"): print})


def test_an_observer_that_fails() -> None:
    def fail(packets: object) -> None:
        raise ValueError("it is broken")

    run = gf.Graph.from_text(GRAPH).start_run(observers={("a", "b"): fail})
    run.add("a", 1)
    run.set_bound("B", 1)
    with pytest.raises(gf.GraphError, match='observer of stream "b" failed at bound 1: ValueError: it is broken'):
        run.wait_until_done(SECONDS)
