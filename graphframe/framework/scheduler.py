"""The core of a run: a state machine that decides which node works next. It has no threads and no clock.

Whoever drives it (`run.Run`) adds packets, takes tasks with `next`, does them, and hands each back to `finish`.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final

from graphframe.framework.errors import GraphError
from graphframe.framework.input_policy import INPUT_POLICIES, Readiness
from graphframe.framework.packet import Packet
from graphframe.framework.plan import NodePlan, Plan
from graphframe.framework.timestamp import Timestamp


class Phase(Enum):
    """Which method of a node's calculator a task calls."""

    OPEN = "open"
    PROCESS = "process"
    CLOSE = "close"


OPEN: Final = Phase.OPEN
PROCESS: Final = Phase.PROCESS
CLOSE: Final = Phase.CLOSE


class Stream:
    """The state of one stream: its bound, who reads it, who observes it."""

    __slots__ = ("bound", "consumers", "name", "observer")

    def __init__(self, name: str) -> None:
        self.name = name
        self.bound: int = Timestamp.PRE_STREAM
        self.consumers: list[InputQueue] = []
        self.observer: Callable[[Packet], None] | None = None


class InputQueue:
    """One input of a node: the packets that wait there."""

    __slots__ = ("node", "queue", "stream")

    def __init__(self, node: NodeState, stream: Stream) -> None:
        self.node = node
        self.stream = stream
        self.queue: deque[Packet] = deque()


class NodeState:
    """The state of one node, and its task while it has one: `phase`, `timestamp`, `packets`."""

    __slots__ = (
        "busy", "closed", "index", "inputs", "opened", "outputs", "packets", "phase", "plan", "policy", "timestamp",
        "touched",
    )  # fmt: skip

    def __init__(self, plan: NodePlan, streams: Sequence[Stream]) -> None:
        self.plan = plan
        self.index = plan.index
        self.policy = INPUT_POLICIES[plan.input_policy]
        self.inputs = [InputQueue(self, streams[slot.stream]) for slot in plan.inputs]
        self.outputs = [streams[slot.stream] for slot in plan.outputs]
        self.opened = self.closed = self.busy = self.touched = False
        self.phase = OPEN
        self.timestamp: int = Timestamp.UNSTARTED
        self.packets: Sequence[Packet | None] = ()


_MISSING: Final = object()
_MIN: Final = Timestamp.MIN
_MAX: Final = Timestamp.MAX
_POST_STREAM: Final = Timestamp.POST_STREAM


class Scheduler:
    """The state of one run.

    Parameters
    ----------
    plan : Plan
    side_packets : mapping of str to object
        Values of the graph's input side packets, by name.
    observers : mapping of int to callable
        What is called with each packet of a stream, by the stream's number.

    Attributes
    ----------
    error : Exception or None
        The first one that was given to `fail`. Once it is set, nodes only close, and what they send is dropped.
    """

    def __init__(
        self,
        plan: Plan,
        side_packets: Mapping[str, Any] = {},
        observers: Mapping[int, Callable[[Packet], None]] = {},
    ) -> None:
        self.error: BaseException | None = None
        self._streams = [Stream(name) for name in plan.streams]
        for number, observer in observers.items():
            self._streams[number].observer = observer
        self._inputs = [self._streams[number] for number in set(plan.inputs.values())]
        self._side_names = plan.side_packets
        self._side: list[Any] = [side_packets.get(name, _MISSING) for name in plan.side_packets]
        self.nodes = [NodeState(node, self._streams) for node in plan.nodes]
        for node in self.nodes:
            for item in node.inputs:
                item.stream.consumers.append(item)
        self._ready: list[tuple[int, int]] = []
        self._touched: deque[NodeState] = deque()
        self._busy = 0
        self._open = len(self.nodes)

    def start(self) -> None:
        """Let the nodes open."""
        for node in self.nodes:
            self._touch(node)
        self._settle()

    @property
    def idle(self) -> bool:
        """Whether nothing works or could work now."""
        return not self._busy and not self._ready

    @property
    def done(self) -> bool:
        """Whether all nodes are closed."""
        return not self._open

    def add(self, stream: int, packet: Packet) -> None:
        """Put a packet on an input stream of the graph.

        Raises
        ------
        GraphError
            If its timestamp is not allowed or below the stream's bound.
        """
        if self.error is None:
            self._deliver(self._streams[stream], packet, "the application")
            self._settle()

    def set_bound(self, stream: int, bound: int) -> None:
        """Promise that no packet before `bound` comes on an input stream of the graph; `Timestamp.DONE` closes it."""
        if self.error is None:
            self._advance(self._streams[stream], bound)
            self._settle()

    def close_inputs(self) -> None:
        """Close all input streams of the graph."""
        for stream in self._inputs:
            self._advance(stream, Timestamp.DONE)
        self._settle()

    def next(self) -> NodeState | None:
        """The node that is to work next, nearest to the outputs first; None if there is none now."""
        if not self._ready:
            return None
        self._busy += 1
        return self.nodes[heapq.heappop(self._ready)[1]]

    def flush(self, node: NodePlan, sent: Sequence[tuple[int, Packet]]) -> None:
        """Deliver what a node sent while it still works."""
        if self.error is None:
            for slot, packet in sent:
                self._deliver(self.nodes[node.index].outputs[slot], packet, node.name)
            self._settle()

    def finish(
        self,
        node: NodeState,
        sent: Sequence[tuple[int, Packet]] = (),
        side_packets: Sequence[tuple[int, Any]] = (),
        error: BaseException | None = None,
    ) -> None:
        """Take back a task: deliver what was sent, see who can work now; or fail with `error`.

        Raises
        ------
        GraphError
            If a packet's timestamp is not allowed, or a side packet was set twice.
        """
        self._busy -= 1
        node.busy = False
        node.packets = ()
        phase = node.phase
        if error is not None or self.error is not None:
            if phase is CLOSE:
                self._closed(node)
            elif phase is OPEN and error is None:
                node.opened = True
            self.fail(error or self.error)
            return
        for slot, packet in sent:
            self._deliver(node.outputs[slot], packet, node.plan.name)
        for slot, value in side_packets:
            self._set_side_packet(node.plan, slot, value)
        if phase is PROCESS:
            timestamp = node.timestamp
            bound = timestamp + 1 if _MIN <= timestamp < _MAX else Timestamp.next_allowed_in_stream(timestamp)
            if node.policy.ordered:
                self._promise(node, bound)
            for item in node.inputs:
                if item.queue or item.stream.bound > bound:
                    self._touch(node)
        elif phase is OPEN:
            node.opened = True
            self._touch(node)
        else:
            self._closed(node)
        if self._touched:
            self._settle()

    def fail(self, error: BaseException | None) -> None:
        """End the run: nothing more is processed; nodes that are open close once nothing works any more."""
        if self.error is None and not self.done:
            self.error = error
            self._ready.clear()
            self._touched.clear()
        if self._busy or self._ready:
            return
        for node in self.nodes:
            if node.opened and not node.closed:
                self._schedule(node, CLOSE, Timestamp.DONE)
            elif not node.closed:
                self._closed(node)

    def _deliver(self, stream: Stream, packet: Packet, producer: str) -> None:
        timestamp = packet[1]
        if not stream.bound <= timestamp <= _POST_STREAM:
            raise _bad_timestamp(stream, timestamp, producer)
        stream.bound = timestamp + 1 if _MIN <= timestamp < _MAX else Timestamp.next_allowed_in_stream(timestamp)
        if stream.observer is not None:
            stream.observer(packet)
        for item in stream.consumers:
            item.queue.append(packet)
            node = item.node
            if not node.touched:
                node.touched = True
                self._touched.append(node)

    def _advance(self, stream: Stream, bound: int) -> None:
        if bound > stream.bound:
            stream.bound = bound
            for item in stream.consumers:
                self._touch(item.node)

    def _promise(self, node: NodeState, bound: int) -> None:
        """Advance the bounds of a node's outputs, given the least timestamp that its next input set can have."""
        offset = node.plan.calculator.timestamp_offset
        if offset is not None:
            if offset and Timestamp.MIN <= bound <= Timestamp.MAX:
                bound = min(max(bound + offset, Timestamp.MIN), Timestamp.MAX)
            for stream in node.outputs:
                if bound > stream.bound:
                    self._advance(stream, bound)

    def _set_side_packet(self, plan: NodePlan, slot: int, value: Any) -> None:
        number = plan.side_outputs[slot].stream
        if self._side[number] is not _MISSING:
            raise GraphError(f'node "{plan.name}" set the side packet "{self._side_names[number]}" a second time')
        self._side[number] = value
        for node in self.nodes:
            if not node.opened:
                self._touch(node)

    def _touch(self, node: NodeState) -> None:
        if not node.touched:
            node.touched = True
            self._touched.append(node)

    def _settle(self) -> None:
        """See what every node that was touched can do now, until nothing changes any more."""
        while self._touched:
            node = self._touched.popleft()
            node.touched = False
            if not node.busy and not node.closed:
                self._consider(node)

    def _consider(self, node: NodeState) -> None:
        if not node.opened:
            if not self._can_open(node):
                return
            if node.plan.opens:
                self._schedule(node, OPEN, Timestamp.UNSTARTED)
                return
            node.opened = True
        readiness, timestamp = node.policy.readiness(node.inputs)
        if readiness is Readiness.PROCESS:
            node.packets = node.policy.take(node.inputs, timestamp)
            self._schedule(node, PROCESS, timestamp)
        elif readiness is Readiness.WAIT:
            self._promise(node, timestamp)
        elif node.plan.closes:
            self._schedule(node, CLOSE, timestamp)
        else:
            self._closed(node)

    def _closed(self, node: NodeState) -> None:
        node.closed = True
        self._open -= 1
        if self.error is None:
            for stream in node.outputs:
                self._advance(stream, Timestamp.DONE)

    def _can_open(self, node: NodeState) -> bool:
        return all(self._side[slot.stream] is not _MISSING for slot in node.plan.side_inputs)

    def side_packets(self, node: NodeState) -> list[Any]:
        """The values of a node's input side packets, which are there once it opens."""
        return [self._side[slot.stream] for slot in node.plan.side_inputs]

    def _schedule(self, node: NodeState, phase: Phase, timestamp: int) -> None:
        node.busy = True
        node.phase = phase
        node.timestamp = timestamp
        index = node.index
        heapq.heappush(self._ready, (index - 2 * len(self.nodes) if phase is OPEN else -index, index))


def _bad_timestamp(stream: Stream, timestamp: int, producer: str) -> GraphError:
    found = Timestamp.describe(timestamp)
    if stream.bound == Timestamp.DONE:
        return GraphError(f'{producer} sent a packet at timestamp {found} to stream "{stream.name}", which is closed')
    if not Timestamp.is_allowed_in_stream(timestamp):
        return GraphError(
            f'{producer} sent a packet to stream "{stream.name}" without a timestamp that is allowed: {found}'
        )
    expected = Timestamp.describe(stream.bound)
    return GraphError(
        f'{producer} sent a packet at timestamp {found} to stream "{stream.name}", which takes {expected} or later now'
    )
