"""The JSON against the format, and what it shows."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

import graphframe as gf
from graphframe.inference.activity import ModelLoad, activity
from graphframe.tracing import Trace, chrome_trace
from tests.framework.calls import PROCESS, THREADS, end_of, fail
from tests.framework.toys import Call
from tests.framework.waiting import SECONDS
from tests.tracing.graphs import FAN, MEETING, Clock, run_fan

Event = dict[str, Any]
FIELDS = {
    "M": {"args"},
    "X": {"cat", "dur", "args"},
    "s": {"cat", "id"},
    "f": {"cat", "id", "bp"},
    "C": {"args"},
}
"""The fields of each kind of event that not all have."""


def events_of(traces: Iterable[Trace]) -> list[Event]:
    """Return the events of a trace file, after checking that the format allows them."""
    events: list[Event] = json.loads(json.dumps(chrome_trace(traces)))["traceEvents"]
    for event in events:
        assert set(event) == {"ph", "pid", "tid", "ts", "name", *FIELDS[event["ph"]]}
        assert isinstance(event["name"], str)
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        assert event["ts"] >= 0
        assert event.get("dur", 0) >= 0
    assert_nested(events)
    assert_arrows_start_and_end_in_calls(events)
    return events


def end_of_span(event: Event) -> int:
    """In nanoseconds."""
    return round(1000 * float(event["ts"] + event["dur"]))


def assert_nested(events: list[Event]) -> None:
    """On each track, each span is within those that are open, or after them."""
    tracks = defaultdict(list)
    for event in spans(events):
        tracks[event["pid"], event["tid"]].append(event)
    for track in tracks.values():
        open_until: list[int] = []
        for event in sorted(track, key=lambda event: (event["ts"], -event["dur"])):
            while open_until and open_until[-1] <= round(event["ts"] * 1000):
                open_until.pop()
            assert all(end_of_span(event) <= end for end in open_until)
            open_until.append(end_of_span(event))


def assert_arrows_start_and_end_in_calls(events: list[Event]) -> None:
    calls = [event for event in spans(events) if event["cat"] == "node"]
    arrows = [event for event in events if event["ph"] in "sf"]
    for start, end in zip(arrows[::2], arrows[1::2], strict=True):
        assert (start["ph"], end["ph"]) == ("s", "f")
        assert [start[field] for field in ("id", "cat", "name")] == [end[field] for field in ("id", "cat", "name")]
        assert start["ts"] <= end["ts"]
        for event in (start, end):
            assert any(
                call["tid"] == event["tid"] and call["ts"] <= event["ts"] <= call["ts"] + call["dur"] for call in calls
            )
    assert len({arrow["id"] for arrow in arrows}) == len(arrows) / 2


def spans(events: list[Event]) -> list[Event]:
    return [event for event in events if event["ph"] == "X"]


def tracks(events: list[Event]) -> list[tuple[str, str]]:
    """Process and thread of each track, in order."""
    names: dict[str, dict[int, str]] = {"process_name": {}, "thread_name": {}}
    pids = {}
    for event in events:
        if event["name"] in names:
            key = "pid" if event["name"] == "process_name" else "tid"
            names[event["name"]][event[key]] = event["args"]["name"]
            pids[event["tid"]] = event["pid"]
    return [(names["process_name"][pids[tid]], name) for tid, name in names["thread_name"].items()]


def on_track(events: list[Event], name: str) -> list[tuple[str, float, float]]:
    """Return the spans on the tracks of that name: name, start and duration in seconds."""
    tids = {event["tid"] for event in events if event["name"] == "thread_name" and event["args"]["name"] == name}
    return [(event["name"], event["ts"] / 1e6, event["dur"] / 1e6) for event in spans(events) if event["tid"] in tids]


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.seconds = 1000
    return clock


@pytest.fixture
def trace(clock: Clock) -> Trace:
    """A run from 1000 seconds on, with one packet at 1010."""
    trace = Trace(now=clock)
    right = clock.infer(Path("models/unet/openvino_model.xml"), wait=2, seconds=5)
    run_fan(trace, clock, first=clock.spend(3), left=clock.spend(4), right=right)
    return trace


def test_a_track_for_each_node_and_each_slot(trace: Trace) -> None:
    assert tracks(events_of([trace])) == [
        ("graph, run 1", "first"),
        ("graph, run 1", "left"),
        ("graph, run 1", "right"),
        ("devices", "CPU, slot 0"),
    ]


def test_calls_and_waits_are_where_they_were(trace: Trace) -> None:
    events = events_of([trace])
    assert on_track(events, "first") == [("first open", 0, 0), ("first process", 10, 3), ("first close", 24, 0)]
    assert on_track(events, "left")[1:3] == [("wait for executor", 13, 7), ("left process", 20, 4)]
    assert on_track(events, "right")[1:3] == [("right process", 13, 7), ("wait for lane", 13, 2)]
    assert on_track(events, "CPU, slot 0") == [("unet/openvino_model.xml", 15, 5)]


def test_what_calls_and_inferences_tell(trace: Trace) -> None:
    args = {event["name"]: event["args"] for event in spans(events_of([trace]))}
    assert args["first open"] == {"calculator": "Call", "timestamp": "UNSTARTED", "inputs": 0, "outputs": 0}
    assert args["first process"] == {"calculator": "Call", "timestamp": "0", "inputs": 1, "outputs": 1}
    assert args["wait for lane"] == {"device": "CPU"}
    assert args["unet/openvino_model.xml"] == {"model": "models/unet/openvino_model.xml", "node": "right", "run": "1"}


def test_arrows_go_with_the_packets(trace: Trace) -> None:
    arrows = [event for event in events_of([trace]) if event["ph"] in "sf"]
    found = [(event["name"], event["ph"], round(event["ts"] / 1e6)) for event in arrows]
    assert found == [("middle", "s", 13), ("middle", "f", 20), ("middle", "s", 13), ("middle", "f", 13)]


def test_how_many_wait_for_a_device(clock: Clock, trace: Trace) -> None:
    other = Trace(now=clock)
    clock.seconds = 1000
    run_fan(other, clock, first=clock.infer(Path("model.xml"), wait=4, seconds=1))
    counted = [
        (event["name"], event["ts"] / 1e6, event["args"]) for event in events_of([trace, other]) if event["ph"] == "C"
    ]
    assert counted == [
        ("waiting for CPU", at, {"inferences": number}) for at, number in [(10, 1), (13, 2), (14, 1), (15, 0)]
    ]


def test_several_runs(clock: Clock, trace: Trace) -> None:
    other = Trace("request 7", clock)
    run_fan(other, clock, first=clock.infer(Path("models/unet/openvino_model.xml"), wait=0, seconds=1))
    events = events_of([trace, other])
    assert [process for process, name in tracks(events) if name == "first"] == ["graph, run 1", "graph, run request 7"]
    inferences = [event["args"] for event in spans(events) if event["cat"] == "inference"]
    assert [(args["run"], args["node"]) for args in inferences] == [("1", "right"), ("request 7", "first")]
    assert [name for name in tracks(events) if name[0] == "devices"] == [("devices", "CPU, slot 0")]


def test_threads() -> None:
    trace = Trace()
    work = dict.fromkeys(("first", "left_work", "right_work"), lambda cc: cc[Call.inputs])
    run = gf.Graph.from_text(FAN + THREADS).start_run(work, tracer=trace)
    assert end_of(run, *range(50)) is None
    events = events_of([trace])
    assert len([event for event in spans(events) if event["cat"] == "node"]) == 3 * 52
    assert len([event for event in events if event["ph"] == "s"]) == 2 * 50


def test_several_in_flight_have_a_track_each() -> None:
    trace = Trace()
    run = gf.Graph.from_text(MEETING).start_run(tracer=trace)
    first, second = threading.Barrier(2), threading.Barrier(2)
    for timestamp, barrier in enumerate((first, first, second, second)):
        run.add("in", barrier, timestamp)
    run.close_inputs()
    run.wait_until_done(SECONDS)
    events = events_of([trace])
    names = "meet", "meet (2)"
    assert tracks(events) == [("graph, run 1", name) for name in names]
    for name in names:
        assert [what for what, *_ in on_track(events, name) if what != "wait for executor"] == 2 * ["meet process"]


def test_a_failed_run() -> None:
    trace = Trace()
    run = gf.Graph.from_text(PROCESS % "").start_run({"process": fail}, tracer=trace)
    assert end_of(run, 1) is not None
    names = [event["name"] for event in spans(events_of([trace])) if event["cat"] == "node"]
    assert names == ["call open", "call process", "call close"]


def test_a_cancelled_run() -> None:
    trace = Trace()

    def cancel(cc: gf.Context) -> None:
        run.cancel()
        cc.cancellation.raise_if_cancelled()

    run = gf.Graph.from_text(PROCESS % "").start_run({"process": cancel}, tracer=trace)
    assert isinstance(end_of(run, 1), gf.Cancelled)
    assert [event["name"] for event in spans(events_of([trace])) if event["cat"] == "node"][1] == "call process"


def test_nodes_that_load_side_by_side() -> None:
    class LoadsWithTheOther(gf.Calculator):
        def load(self, node: gf.NodeContext) -> None:
            together.wait(SECONDS)
            activity.note(ModelLoad(Path("models/unet/openvino_model.xml"), "CPU", 9, perf_counter(), perf_counter()))
            together.wait(SECONDS)

    together = threading.Barrier(2)
    gf.register(LoadsWithTheOther)
    trace = Trace()
    node = 'node { name: "%s" calculator: "LoadsWithTheOther" }'
    gf.Graph.from_text(node % "left" + node % "right").load(trace)
    events = events_of([trace])
    assert tracks(events) == [("graph, loading", "left"), ("graph, loading", "right")]
    left, _, right, model = spans(events)
    assert [left["name"], right["name"], model["name"]] == ["left load", "right load", "load unet/openvino_model.xml"]
    assert model["args"] == {"model": "models/unet/openvino_model.xml", "device": "CPU", "weights": 9}
    assert max(left["ts"], right["ts"]) < min(end_of_span(left), end_of_span(right)) / 1000


def test_nothing_was_recorded() -> None:
    assert events_of([]) == []
    assert tracks(events_of([Trace()])) == []


def test_spans_follow_each_other_without_overlap_in_microseconds() -> None:
    """Rounding must not make spans overlap: a third of a second has no end."""
    trace = Trace(now=iter(number / 3 for number in range(1000)).__next__)
    run = gf.Graph.from_text(PROCESS % "").start_run({"process": lambda cc: None}, tracer=trace)
    assert end_of(run, *range(20)) is None
    ends = [(event["ts"], end_of_span(event)) for event in spans(events_of([trace]))]
    assert all(end <= round(start * 1000) for (_, end), (start, _) in pairwise(ends))
