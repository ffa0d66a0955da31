"""The layers of sources, and loops of nodes."""

from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from tests.framework.conformance.queues.flow import RANGE
from tests.framework.conformance.runs import finish, idle, start
from tests.framework.toys import Call
from tests.framework.waiting import Semaphore


def test_source_layers() -> None:
    """CalculatorGraph.LayerOrdering: sources of a layer begin when all those of lower layers are done."""
    order: list[str] = []
    graph = gf.Graph.from_text(
        'output_stream: "a" output_stream: "b" output_stream: "c" input_side_packet: "count"'
        + RANGE % ("late", "c", "source_layer: 2")
        + RANGE % ("early", "a", "source_layer: 0")
        + RANGE % ("too", "b", "source_layer: 0")
    )
    run = graph.start_run(
        {"count": 10},
        {name: lambda packet, name=name: order.append(name) for name in "abc"},  # type: ignore[misc]
    )
    run.wait_until_done(30)
    assert sorted(order[:20]) == ["a"] * 10 + ["b"] * 10
    assert order[20:] == ["c"] * 10


def test_sources_of_one_layer_take_turns() -> None:
    """SourceProcessOrder: the source that is least far comes next."""
    order: list[str] = []
    graph = gf.Graph.from_text(
        'num_threads: 1 output_stream: "a" output_stream: "b" input_side_packet: "count"'
        + RANGE % ("one", "a", "")
        + RANGE % ("two", "b", "")
    )
    run = graph.start_run(
        {"count": 20},
        {name: lambda packet, name=name: order.append(name) for name in "ab"},  # type: ignore[misc]
    )
    run.wait_until_done(30)
    assert all({*order[place : place + 2]} == {"a", "b"} for place in range(0, 40, 2))


def test_source_that_waits_for_a_higher_layer() -> None:
    """Scheduler: "Detected a deadlock because source nodes cannot be activated when a source node at a lower layer is
    still not opened."."""

    def process(cc: gf.Context) -> None:
        cc.set_side_packet(Call.value, 1)
        cc.stop()

    run, _ = start(
        RANGE.replace("count", "late") % ("s", "a", "source_layer: 0")
        + """
        input_side_packet: "process"
        node { calculator: "Call" output_side_packet: "VALUE:late" input_side_packet: "PROCESS:process"
               source_layer: 1 }
        """,
        {"process": process},
    )
    try:
        with pytest.raises(gf.GraphError, match="cannot go on"):
            run.wait_until_done(30)
    finally:
        run.cancel()


def test_loop_of_the_default_policy_ends() -> None:
    """A cycle that nothing comes round on any more; in MediaPipe it hangs, here the engine closes its back edges."""
    run, seen = start(
        """
        input_stream: "a" output_stream: "b"
        node { calculator: "JoinCalculator" input_stream: "a" input_stream: "back" output_stream: "b"
               input_stream_info { tag_index: ":1" back_edge: true } }
        node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "back" }
        """
    )
    run.add("a", 1, 1)
    idle(run)
    finish(run)
    assert seen["b"] == [((1, None), 1)]


def test_back_edge_holds_an_input_back() -> None:
    """FlowLimiterCalculatorSemaphoreTest.FramesDropped, by hand: what comes back lets the next packet pass."""
    waiting: list[Any] = []
    busy = False

    def limit(cc: gf.Context) -> None:
        nonlocal busy
        value, finished = cc.values(Call.inputs)
        if finished is not None:
            busy = False
        if value is not None:
            waiting.append(cc.packet(Call.inputs))
        if waiting and not busy:
            busy = True
            packet = waiting.pop(0)
            cc.send(Call.outputs, packet.value, packet.timestamp)

    gate = Semaphore()
    run, seen = start(
        """
        input_stream: "a" output_stream: "limited" output_stream: "worked" num_threads: 2
        input_side_packet: "limit" input_side_packet: "work"
        node { calculator: "Call" input_stream: "a" input_stream: "worked" output_stream: "limited"
               input_side_packet: "PROCESS:limit" input_stream_info { tag_index: ":1" back_edge: true }
               input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" } }
        node { calculator: "Call" input_stream: "limited" output_stream: "worked"
               input_side_packet: "PROCESS:work" }
        """,
        {"limit": limit, "work": gate},
    )
    for timestamp in range(4):
        run.add("a", timestamp, timestamp)
    gate.entered()
    assert len(seen["limited"]) == 1
    gate.go_on()
    gate.entered()
    assert len(seen["limited"]) == 2
    gate.go_on(10)
    finish(run)
    assert [packet.value for packet in seen["worked"]] == [0, 1, 2, 3]
