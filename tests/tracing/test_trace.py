from __future__ import annotations

import asyncio
import doctest
import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import graphframe as gf
from graphframe.framework.running.invocation import PROCESS
from graphframe.inference.activity import Inference, LaneWait, ModelLoad, activity
from graphframe.tracing import Call, Trace, trace
from graphframe.tracing.trace import Nested
from tests.framework import toys
from tests.framework.calls import PROCESS as ONE_CALL
from tests.framework.calls import both_executors, end_of, fail
from tests.framework.waiting import SECONDS, Stop
from tests.tracing.graphs import Clock, run_fan

CHAIN = """
    input_stream: "in" output_stream: "out"
    node { name: "one" calculator: "Double" input_stream: "in" output_stream: "middle" }
    node { name: "two" calculator: "Double" input_stream: "middle" output_stream: "out" }
"""


MODEL = ModelLoad(Path("unet/openvino_model.xml"), "CPU", 9, 1.0, 2.0)


def names(calls: list[Call]) -> list[tuple[str, str]]:
    return [(call.node.name, call.phase.value) for call in calls]


@both_executors
def test_every_call_is_there(executor: str) -> None:
    trace = Trace()
    run = gf.Graph.from_text(CHAIN + executor).start_run(tracer=trace)
    assert end_of(run, 1, 2, 3) is None
    assert sorted((call.node.name, call.phase, call.timestamp) for call in trace.calls) == [
        (name, PROCESS, timestamp) for name in ("one", "two") for timestamp in range(3)
    ]
    assert all(call.ready <= call.began <= call.ended for call in trace.calls)
    of_one = [call for call in trace.calls if call.node.name == "one"]
    assert all(before.ended <= after.ready for before, after in pairwise(of_one))


def test_run_and_run_async_take_a_tracer() -> None:
    graph = gf.Graph.from_text(CHAIN)
    values: dict[str, Any] = {"in": 1}
    first, second = Trace(), Trace()
    graph.run(tracer=first, **values)
    asyncio.run(graph.run_async(tracer=second, **values))
    assert names(first.calls) == names(second.calls) == [("one", "process"), ("two", "process")]


def test_the_loading_of_nodes() -> None:
    class LoadsAModel(gf.Calculator):
        def load(self, node: gf.NodeContext) -> None:
            activity.note(MODEL)

    class Plain(gf.Calculator):
        pass

    gf.register(LoadsAModel)
    gf.register(Plain)
    trace = Trace()
    gf.Graph.from_text('node { name: "plain" calculator: "Plain" } node { calculator: "LoadsAModel" }').load(trace)
    (plain, with_model) = sorted(trace.loads, key=lambda load: load.node.index)
    assert (plain.node.name, plain.models) == ("plain", [])
    assert (with_model.node.name, with_model.models) == ("LoadsAModel", [MODEL])
    assert with_model.began <= with_model.ended
    assert trace.calls == []


def test_when_it_was_ready_began_and_ended() -> None:
    clock = Clock()
    trace = Trace(now=clock)
    run_fan(trace, clock, first=clock.spend(3), left=clock.spend(4), right=clock.spend(5))
    processed = [call for call in trace.calls if call.phase is PROCESS]
    assert [(call.node.name, call.ready, call.began, call.ended) for call in processed] == [
        ("first", 10, 10, 13),
        ("right", 13, 13, 18),
        ("left", 13, 18, 22),
    ]
    assert names(trace.calls)[:3] == [("first", "open"), ("left", "open"), ("right", "open")]
    assert names(trace.calls)[-1][1] == "close"


def test_which_packets_came_and_left() -> None:
    graph = gf.Graph.from_text("""
        input_stream: "A:a" input_stream: "B:b" output_stream: "out"
        node { calculator: "Add" input_stream: "A:a" input_stream: "B:b" output_stream: "SUM:sum" }
        node { calculator: "Later" input_stream: "sum" output_stream: "out" }
    """)
    trace = Trace()
    run = graph.start_run(tracer=trace)
    run.add("A", 1, 3)
    run.add("B", 1, 3)
    run.add("B", 1, 5)
    run.close_inputs()
    run.wait_until_done()
    assert {(call.node.name, call.timestamp, tuple(call.received), tuple(call.sent)) for call in trace.calls} == {
        ("Add", 3, (3, 3), ((0, 3),)),
        ("Add", 5, (None, 5), ((0, 5),)),
        ("Later", 3, (3,), ((0, 13),)),
        ("Later", 5, (5,), ((0, 15),)),
    }


def test_what_its_thread_did_within_a_call() -> None:
    clock = Clock()
    trace = Trace(now=clock)
    run_fan(trace, clock, first=clock.spend(3), right=clock.infer("model", wait=2, seconds=5))
    within = {call.node.name: call.within for call in trace.calls if call.phase is PROCESS}
    assert within["right"] == [LaneWait("CPU", 13, 15), Inference("model", "CPU", 0, 15, 20)]  # type: ignore[arg-type]
    assert not within["first"]
    assert not within["left"]


def test_a_call_within_another() -> None:
    clock = Clock()

    def flush(cc: gf.Context) -> None:
        clock.seconds += 1
        cc.send(toys.Call.outputs, "value")
        cc.flush()
        clock.seconds += 2

    trace = Trace(now=clock)
    run_fan(trace, clock, first=flush, left=clock.spend(4), right=clock.infer("model", wait=0, seconds=5))
    (first,) = [call for call in trace.calls if call.node.name == "first" and call.phase is PROCESS]
    assert (first.began, first.ended) == (10, 22)
    assert first.within == [Nested(11, 16), Nested(16, 20)]


def test_a_failed_run() -> None:
    trace = Trace()
    run = gf.Graph.from_text(ONE_CALL % "").start_run({"process": fail}, tracer=trace)
    assert end_of(run, 1) is not None
    assert names(trace.calls) == [("call", "open"), ("call", "process"), ("call", "close")]
    assert not activity.logs


@both_executors
def test_a_cancelled_run(executor: str) -> None:
    trace = Trace()
    began = threading.Event()
    graph = gf.Graph.from_text(f"""
        input_stream: "in" input_side_packet: "began" {executor}
        node {{ name: "wait" calculator: "Wait" input_stream: "in" input_side_packet: "BEGAN:began" }}
    """)
    run = graph.start_run({"began": began}, tracer=trace)
    with ThreadPoolExecutor(1) as pool:
        error = pool.submit(end_of, run, 1)
        assert began.wait(SECONDS)
        run.cancel()
        assert isinstance(error.result(SECONDS), gf.Cancelled)
    assert names(trace.calls) == [("wait", "open"), ("wait", "process")]


def test_nothing_of_a_run_is_kept_alive() -> None:
    trace = Trace()
    run = gf.Graph.from_text(ONE_CALL % "").start_run({"process": fail}, tracer=trace)
    value = Stop()
    watched = weakref.ref(run), weakref.ref(value)
    assert end_of(run, value, value) is not None
    del run, value
    gc.collect()
    assert [reference() for reference in watched] == [None, None]
    assert trace.calls


def test_examples() -> None:
    assert doctest.testmod(trace).failed == 0
    assert doctest.testmod(trace).attempted > 0
