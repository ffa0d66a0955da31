"""Drives a scheduler step by step: no calculator is called, the tests do the work of the nodes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphframe import Packet, Timestamp
from graphframe.framework.config import parse
from graphframe.framework.scheduler import Scheduler
from graphframe.framework.state import NodeState
from graphframe.framework.validation import validate
from tests.framework import toys

assert toys


class Steps:
    """A scheduler, with nodes by their names and tasks as text."""

    def __init__(self, text: str, side_packets: dict[str, Any] | None = None, *, start: bool = True) -> None:
        self.plan = validate(parse(text, "graph"), Path())
        self.seen: list[tuple[str, Any, str]] = []
        self.scheduler = Scheduler(
            self.plan,
            {self.plan.side_packets.index(name): value for name, value in (side_packets or {}).items()},
            [(number, self._observer(name)) for number, name in enumerate(self.plan.streams)],
        )
        self.tasks: dict[str, NodeState] = {}
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
        """What works next: ``"node phase timestamp"``, and the values of its input set."""
        node = self.scheduler.next()
        if node is None:
            return None
        self.tasks[node.plan.name] = node
        values = "".join(f" {packet.value if packet else '-'}" for packet in node.packets)
        return f"{node.plan.name} {node.phase.value} {Timestamp.describe(node.timestamp)}{values}"

    def finish(self, name: str, *sent: Packet, slot: int = 0, **given: Any) -> None:
        """Let it be done, having sent packets to its output `slot`."""
        self.scheduler.finish(self.tasks.pop(name), [(slot, packet) for packet in sent], **given)

    def rest(self) -> list[str]:
        """All that can still be done, each finished at once without sending anything."""
        found = []
        while (step := self.next()) is not None:
            found.append(step)
            self.finish(step.split()[0])
        return found

    @property
    def error(self) -> str:
        assert self.scheduler.error is not None
        return str(self.scheduler.error)


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
