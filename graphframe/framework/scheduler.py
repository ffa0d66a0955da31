"""The core of a run: a state machine that decides which node works next. It has no threads and no clock.

Whoever drives it (`run.Run`) adds packets, takes tasks with `next`, does them, and hands each back to `finish`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, Final

from graphframe.framework.calculator import Calculator
from graphframe.framework.errors import GraphError
from graphframe.framework.executor import INLINE
from graphframe.framework.input_policy import READY, WAIT
from graphframe.framework.packet import Packet
from graphframe.framework.plan import NodePlan, Plan
from graphframe.framework.state import CLOSE, OPEN, PROCESS, NodeState, Phase, Stream
from graphframe.framework.timestamp import Timestamp

_MISSING: Final = object()
_MIN: Final = Timestamp.MIN
_MAX: Final = Timestamp.MAX


class Scheduler:
    """The state of one run.

    Its methods do not raise for what the application or a calculator does wrong: the run fails then.

    Parameters
    ----------
    plan : Plan
    side_packets : mapping of int to object
        Values of the graph's input side packets, by number.
    observers : iterable of (int, callable)
        What is called with each packet of a stream, and the stream's number.

    Attributes
    ----------
    error : GraphError or None
        Why the run failed. Once it is set, nodes only close, and what they send is dropped.
    """

    def __init__(
        self,
        plan: Plan,
        side_packets: Mapping[int, Any] = {},
        observers: Iterable[tuple[int, Callable[[Packet], None]]] = (),
    ) -> None:
        self.error: GraphError | None = None
        self._plan = plan
        self._streams = [Stream(name) for name in plan.streams]
        for number, observer in observers:
            self._streams[number].observers.append(observer)
        self._open_inputs = {self._streams[number] for number in plan.inputs.numbers.values()}
        self._side = [side_packets.get(number, _MISSING) for number in range(len(plan.side_packets))]
        count = len(plan.nodes)
        self.nodes = [
            NodeState(node, self._streams, -node.index - count * (plan.executors[node.executor] != INLINE))
            for node in plan.nodes
        ]
        for node in self.nodes:
            for item in node.inputs:
                item.stream.consumers.append(item)
        self._ready: list[tuple[int, NodeState]] = []
        self._touched: deque[NodeState] = deque()
        self._busy = 0
        self._open = count

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
        """Whether all nodes are closed, and nothing more can come in."""
        return not self._open and (not self._open_inputs or self.error is not None)

    def add(self, stream: int, packet: Packet) -> None:
        """Put a packet on an input stream of the graph."""
        if self.error is None:
            try:
                self._deliver(self._streams[stream], packet)
            except Exception as error:
                self.fail(error if isinstance(error, GraphError) else GraphError(str(error)))
            self._settle()

    def set_bound(self, stream: int, bound: int) -> None:
        """Promise that no packet before `bound` comes on an input stream of the graph; `Timestamp.DONE` closes it."""
        if self.error is None:
            self._set_bound(self._streams[stream], bound)
            self._settle()

    def close_inputs(self) -> None:
        """Close all input streams of the graph."""
        if self.error is None:
            for stream in tuple(self._open_inputs):
                self._set_bound(stream, Timestamp.DONE)
            self._settle()

    def next(self) -> NodeState | None:
        """The node that is to work next; None if there is none now."""
        if not self._ready:
            return None
        self._busy += 1
        return heappop(self._ready)[1]

    def flush(self, node: NodeState, sent: Sequence[tuple[int, Packet]]) -> None:
        """Deliver what a node sent while it still works."""
        if self.error is None:
            try:
                for slot, packet in sent:
                    self._deliver(node.outputs[slot], packet)
            except Exception as error:
                self.fail(error if isinstance(error, GraphError) else node.error(error))
            self._settle()

    def finish(
        self,
        node: NodeState,
        sent: Sequence[tuple[int, Packet]] = (),
        side_packets: Sequence[tuple[int, Any]] = (),
        error: GraphError | None = None,
    ) -> None:
        """Take back a task: deliver what was sent, and see who can work now; or fail with `error`."""
        self._busy -= 1
        node.busy = False
        node.packets = ()
        phase = node.phase
        if phase is OPEN:
            node.opened = error is None
        error = error or self.error
        if error is None:
            try:
                for slot, packet in sent:
                    self._deliver(node.outputs[slot], packet)
                for slot, value in side_packets:
                    self._set_side_packet(node.plan, slot, value)
            except Exception as cause:
                error = cause if isinstance(cause, GraphError) else node.error(cause)
        if error is not None:
            self._stop(error)
        if phase is CLOSE:
            self._closed(node)
        if error is not None:
            self._close_all()
            return
        if phase is PROCESS:
            settled = node.timestamp + 1
            if node.ordered:
                self._promise(node, settled)
            for item in node.inputs:
                if item.queue or item.stream.bound > settled or not node.ordered:
                    self._touch(node)
                    break
        elif phase is OPEN:
            self._touch(node)
        if self._touched:
            self._settle()

    def fail(self, error: GraphError) -> None:
        """End the run: nothing more is processed; nodes that are open close once nothing works any more."""
        if not self.done:
            self._stop(error)
            self._close_all()

    def side_packets(self, node: NodeState) -> list[Any]:
        """The values of a node's input side packets, which are there once it opens."""
        return [self._side[slot.stream] for slot in node.plan.side_inputs]

    def _stop(self, error: GraphError) -> None:
        if self.error is None:
            self.error = error
            self._ready.clear()
            self._touched.clear()

    def _close_all(self) -> None:
        """Close what is open, once nothing works any more."""
        if self._busy or self._ready:
            return
        for node in self.nodes:
            if node.opened and not node.closed:
                node.packets = ()
                self._close(node)
            elif not node.closed:
                self._closed(node)

    def _deliver(self, stream: Stream, packet: Packet) -> None:
        timestamp = packet[1]
        if _MIN <= timestamp < _MAX and stream.bound <= timestamp:
            stream.bound = timestamp + 1
        else:
            stream.check(timestamp)
            stream.bound = Timestamp.next_allowed_in_stream(timestamp)
        stream.used = True
        for observer in stream.observers:
            try:
                observer(packet)
            except BaseException as cause:
                message = f'an observer of stream "{stream.name}" failed at timestamp {Timestamp.describe(timestamp)}'
                raise GraphError(f"{message}: {type(cause).__name__}: {cause}") from cause
        for item in stream.consumers:
            item.queue.append(packet)
            node = item.node
            if not node.touched:
                node.touched = True
                self._touched.append(node)

    def _set_bound(self, stream: Stream, bound: int) -> None:
        if bound >= Timestamp.DONE:
            bound = Timestamp.DONE
            self._open_inputs.discard(stream)
        self._advance(stream, bound)

    def _advance(self, stream: Stream, bound: int) -> None:
        if bound > stream.bound:
            stream.bound = bound
            for item in stream.consumers:
                self._touch(item.node)

    def _promise(self, node: NodeState, bound: int) -> None:
        """Advance the bounds of a node's outputs, given the least timestamp that its next input set can have."""
        offset = node.offset
        if offset is not None:
            if offset and Timestamp.MIN <= bound <= Timestamp.MAX:
                bound = min(max(bound + offset, Timestamp.MIN), Timestamp.MAX)
            for stream in node.outputs:
                if bound > stream.bound:
                    self._advance(stream, bound)

    def _set_side_packet(self, plan: NodePlan, slot: int, value: Any) -> None:
        number = plan.side_outputs[slot].stream
        if self._side[number] is not _MISSING:
            raise ValueError(f'the side packet "{self._plan.side_packets[number]}" was set already')
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
        touched = self._touched
        while touched:
            node = touched.popleft()
            node.touched = False
            if not node.busy and not node.closed:
                self._consider(node)

    def _consider(self, node: NodeState) -> None:
        if not node.opened:
            if not self._can_open(node):
                return
            if node.plan.side_inputs or node.plan.calculator.open is not Calculator.open:
                self._schedule(node, OPEN, Timestamp.UNSTARTED)
                return
            node.opened = True
        readiness, timestamp = node.policy.readiness(node.inputs)
        if readiness is READY:
            node.packets = node.policy.take(node.inputs, timestamp)
            self._schedule(node, PROCESS, timestamp)
        elif readiness is WAIT:
            self._promise(node, timestamp)
        else:
            self._close(node)

    def _close(self, node: NodeState) -> None:
        if node.plan.calculator.close is not Calculator.close:
            self._schedule(node, CLOSE, Timestamp.DONE)
        else:
            self._closed(node)

    def _closed(self, node: NodeState) -> None:
        node.closed = True
        self._open -= 1
        for item in node.inputs:  # so that a run that has ended is free of reference cycles
            item.stream.consumers.remove(item)
        node.inputs = []
        if self.error is None:
            for stream in node.outputs:
                self._advance(stream, Timestamp.DONE)

    def _can_open(self, node: NodeState) -> bool:
        return all(self._side[slot.stream] is not _MISSING for slot in node.plan.side_inputs)

    def _schedule(self, node: NodeState, phase: Phase, timestamp: int) -> None:
        node.busy = True
        node.phase = phase
        node.timestamp = timestamp
        heappush(self._ready, (node.index - 3 * len(self.nodes) if phase is OPEN else node.priority, node))
