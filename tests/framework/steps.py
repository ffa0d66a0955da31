"""Drives a scheduler step by step: no calculator is called, the tests do the work of the nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphframe import GraphError, Packet, Timestamp
from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.validation import validate
from graphframe.framework.running.scheduling import fast_path
from graphframe.framework.running.scheduling.fast_path import FastScheduler
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.scheduler import RunScheduler
from graphframe.framework.running.scheduling.state import NodeTask
from tests.framework import toys

assert toys


class Steps:
    """A scheduler, with nodes by their names and tasks as text."""

    def __init__(self, text: str, side_packets: dict[str, Any] | None = None, *, start: bool = True) -> None:
        self.plan = validate(parse(text, "graph"))
        self.seen: list[tuple[str, Any, str]] = []
        given = {self.plan.side_packets.index(name): value for name, value in (side_packets or {}).items()}
        self.run = RunState(self.plan, given)
        self.scheduler: RunScheduler = (FastScheduler if fast_path.ENABLED else RunScheduler)(self.run)
        for stream in self.run.streams:
            stream.observers = [self._observer(stream.name)]
        self.tasks: dict[str, list[NodeTask]] = {}
        if start:
            self.scheduler.start()

    def _observer(self, stream: str) -> Callable[[Packet], None]:
        return lambda packet: self.seen.append((stream, packet.value, Timestamp.describe(packet.timestamp)))

    def add(self, stream: str, *timestamps: int) -> None:
        """Packets that hold the stream's name."""
        for timestamp in timestamps:
            self.scheduler.add(self.plan.inputs.number(stream), Packet(stream, timestamp))

    def set_bound(self, stream: str, bound: int) -> None:
        self.scheduler.set_bound(self.plan.inputs.number(stream), bound)

    def next(self) -> str | None:
        """Take the next task: ``"node phase timestamp"``, and the values of its input set."""
        task = self.scheduler.next()
        if task is None:
            return None
        name = task.node.name
        self.tasks.setdefault(name, []).append(task)
        values = "".join(f" {packet.value if packet else '-'}" for packet in task.packets)
        return f"{name} {task.phase.value} {Timestamp.describe(task.timestamp)}{values}"

    def finish(
        self,
        name: str,
        *sent: Packet,
        slot: int = 0,
        at: int | None = None,
        side_packets: Sequence[tuple[int, Any]] = (),
        bounds: Sequence[tuple[int, int]] = (),
        stop: bool = False,
        error: GraphError | None = None,
    ) -> None:
        """Let a task of it be done, the oldest or that of timestamp `at`, having sent packets to its output `slot`."""
        tasks = self.tasks[name]
        task = tasks.pop(0 if at is None else [task.timestamp for task in tasks].index(at))
        task.sent += [(slot, packet) for packet in sent]
        if side_packets or bounds or stop:
            effects = task.affect()
            effects.side_packets, effects.bounds, effects.stopped = [*side_packets], [*bounds], stop
        self.scheduler.finish(task, error)

    def rest(self) -> list[str]:
        """All that can still be done, each finished at once without sending anything."""
        found = []
        while (step := self.next()) is not None:
            found.append(step)
            self.finish(step.split()[0])
        return found

    @property
    def error(self) -> str:
        assert self.run.error is not None
        return str(self.run.error)


def node(name: str, calculator: str, inputs: str, outputs: str, more: str = "") -> str:
    """A node; streams are separated by blanks."""
    streams = [f'input_stream: "{text}" ' for text in inputs.split()]
    streams += [f'output_stream: "{text}" ' for text in outputs.split()]
    return f'node {{ name: "{name}" calculator: "{calculator}" {"".join(streams)} {more} }}\n'


def graph_inputs(names: str) -> str:
    return "".join(f'input_stream: "{name}" ' for name in names.split())


CHAIN = graph_inputs("in") + node("one", "Double", "in", "mid") + node("two", "Double", "mid", "out")
JOIN = graph_inputs("a b") + node("join", "Add", "A:a B:b", "SUM:sum")
LOG = 'input_side_packet: "LOG:log"'
