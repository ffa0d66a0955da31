"""Traces in Chrome's Trace Event format, for Perfetto (ui.perfetto.dev) and chrome://tracing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import count, groupby
from pathlib import Path
from typing import Any, NamedTuple

from graphframe.framework.timestamp import Timestamp
from graphframe.inference.activity import Inference, LaneWait
from graphframe.tracing.trace import Call, Load, Trace


def chrome_trace(traces: Iterable[Trace]) -> dict[str, Any]:
    """Return the content of a trace file, for `json.dump`; times are in microseconds from the first event.

    The loading of graphs is a process with a track for each node. Each run is a process with the calls of its nodes,
    and their waits. Arrows follow the packets. Each slot of a device is a track of the process "devices", with the
    inferences of all runs.

    Parameters
    ----------
    traces : iterable of Trace
        One trace for each run.
    """
    traces = list(traces)
    runs = [(trace.run or str(number), trace.calls) for number, trace in enumerate(traces, 1)]
    loads = [load for trace in traces for load in trace.loads]
    starts = [call.ready for _, calls in runs for call in calls] + [load.began for load in loads]
    drawing = _Drawing(min(starts, default=0.0))
    _draw_loads(drawing, loads)
    for run, calls in runs:
        _draw_run(drawing, run, calls)
    within = [(run, call, event) for run, calls in runs for call in calls for event in call.within]
    _draw_inferences(drawing, [(run, call, event) for run, call, event in within if isinstance(event, Inference)])
    _draw_waits(drawing, [event for _, _, event in within if isinstance(event, LaneWait)])
    return {"traceEvents": drawing.events, "displayTimeUnit": "ms"}


class _Track(NamedTuple):
    pid: int
    tid: int


class _Drawing:
    """The events of a trace file, and the numbers that they use."""

    def __init__(self, start: float) -> None:
        self.events: list[dict[str, Any]] = []
        self._start = start
        self._processes = count(1)
        self._threads = count(1)  # Perfetto takes the same number in two processes for one thread
        self._flows = count(1)

    @cached_property
    def devices(self) -> int:
        return self.process("devices")

    def process(self, name: str) -> int:
        pid = next(self._processes)
        self._describe("process", name, pid, _Track(pid, 0))
        return pid

    def track(self, pid: int, name: str) -> _Track:
        track = _Track(pid, next(self._threads))
        self._describe("thread", name, track.tid, track)
        return track

    def span(self, track: _Track, category: str, name: str, began: float, ended: float, **args: Any) -> None:
        ns = self._ns(began)
        self._add("X", track, ns, name=name, cat=category, dur=(self._ns(ended) - ns) / 1000, args=args)

    def arrow(self, name: str, sender: tuple[_Track, Call], receiver: tuple[_Track, Call]) -> None:
        (source, sent), (target, received) = sender, receiver
        common = {"name": name, "cat": "packet", "id": next(self._flows)}
        self._add("s", source, max(self._ns(sent.ended) - 1, self._ns(sent.began)), **common)  # still inside the call
        self._add("f", target, self._ns(received.began), bp="e", **common)

    def counter(self, pid: int, name: str, at: float, value: int) -> None:
        self._add("C", _Track(pid, 0), self._ns(at), name=name, args={"inferences": value})

    def _describe(self, kind: str, name: str, index: int, track: _Track) -> None:
        self._add("M", track, 0, name=f"{kind}_name", args={"name": name})
        self._add("M", track, 0, name=f"{kind}_sort_index", args={"sort_index": index})

    def _add(self, phase: str, track: _Track, ns: int, **fields: Any) -> None:
        self.events.append({"ph": phase, "pid": track.pid, "tid": track.tid, "ts": ns / 1000, **fields})

    def _ns(self, time: float) -> int:
        return round((time - self._start) * 1e9)


def _draw_loads(drawing: _Drawing, loads: Sequence[Load]) -> None:
    pid = drawing.process("graph, loading") if loads else 0
    for load in sorted(loads, key=lambda load: load.node.index):
        track = drawing.track(pid, load.node.name)
        calculator = load.node.calculator
        drawing.span(track, "node", f"{load.node.name} load", load.began, load.ended, calculator=calculator)
        for model in load.models:
            args = {"model": str(model.model), "device": model.device, "weights": model.weights}
            drawing.span(track, "model", f"load {_short(model.model)}", model.began, model.ended, **args)


def _draw_run(drawing: _Drawing, run: str, calls: Iterable[Call]) -> None:
    pid = drawing.process(f"graph, run {run}")
    placed: list[tuple[_Track, Call]] = []
    in_order = sorted(calls, key=lambda call: (call.node.index, call.ready))
    for _, of_node in groupby(in_order, key=lambda call: call.node.index):
        placed += _place(drawing, pid, of_node)
    senders: dict[tuple[str, int | None], tuple[_Track, Call]] = {}
    for track, call in placed:
        _draw_call(drawing, track, call)
        senders |= {(call.node.outputs[position].name, timestamp): (track, call) for position, timestamp in call.sent}
    for track, call in placed:
        for spec, timestamp in zip(call.node.inputs, call.received, strict=False):
            if sender := senders.get((spec.name, timestamp)):
                drawing.arrow(spec.name, sender, (track, call))


def _place(drawing: _Drawing, pid: int, calls: Iterable[Call]) -> Iterator[tuple[_Track, Call]]:
    """Yield a track for each call of a node. Overlapping calls get different tracks."""
    tracks: list[_Track] = []
    ends: list[float] = []
    for call in calls:
        row = next((row for row, end in enumerate(ends) if end <= call.ready), len(ends))
        if row == len(ends):
            tracks.append(drawing.track(pid, f"{call.node.name} ({row + 1})" if row else call.node.name))
            ends.append(0)
        ends[row] = call.ended
        yield tracks[row], call


def _draw_call(drawing: _Drawing, track: _Track, call: Call) -> None:
    if call.began > call.ready:
        drawing.span(track, "wait", "wait for executor", call.ready, call.began)
    drawing.span(
        track,
        "node",
        f"{call.node.name} {call.phase.value}",
        call.began,
        call.ended,
        calculator=call.node.calculator,
        timestamp=Timestamp.describe(call.timestamp),
        inputs=sum(timestamp is not None for timestamp in call.received),
        outputs=len(call.sent),
    )
    for event in call.within:
        if isinstance(event, LaneWait):
            drawing.span(track, "wait", "wait for lane", event.began, event.ended, device=event.device)


def _draw_inferences(drawing: _Drawing, inferences: Iterable[tuple[str, Call, Inference]]) -> None:
    lanes: dict[tuple[str, int], _Track] = {}
    for run, call, event in sorted(inferences, key=lambda found: (found[2].device, found[2].slot, found[2].began)):
        lane = event.device, event.slot
        if lane not in lanes:
            lanes[lane] = drawing.track(drawing.devices, f"{event.device}, slot {event.slot}")
        args = {"model": str(event.model), "node": call.node.name, "run": run}
        drawing.span(lanes[lane], "inference", _short(event.model), event.began, event.ended, **args)


def _short(model: Path) -> str:
    return f"{model.parent.name}/{model.name}"


def _draw_waits(drawing: _Drawing, waits: Iterable[LaneWait]) -> None:
    """Draw the number of inferences that wait for each device, whenever it changes."""
    changes = [change for wait in waits for change in ((wait.began, 1, wait.device), (wait.ended, -1, wait.device))]
    waiting: Counter[str] = Counter()
    for time, change, device in sorted(changes):
        waiting[device] += change
        drawing.counter(drawing.devices, f"waiting for {device}", time, waiting[device])
