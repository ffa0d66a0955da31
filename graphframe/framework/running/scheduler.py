"""The core of a run: a state machine that decides which node works next. It has no threads and no clock.

Whoever drives it (`run.Run`) adds packets, takes tasks with `next`, does them, and hands each back to `finish`.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, Final

from graphframe.framework.errors import GraphError
from graphframe.framework.input_policy.policy import READY, WAIT, least, settled_before
from graphframe.framework.packet import Packet
from graphframe.framework.planning.plan import NodePlan, Plan
from graphframe.framework.running.explanation import explain
from graphframe.framework.running.invocation import CLOSE, OPEN, PROCESS, Effects, Phase
from graphframe.framework.running.state import NodeState, NodeTask
from graphframe.framework.running.stream import Stream
from graphframe.framework.running.throttle import Throttle
from graphframe.framework.timestamp import Timestamp

MISSING: Final = object()
"""In place of a side packet that is not there yet."""
_MIN: Final = Timestamp.MIN
_MAX: Final = Timestamp.MAX
_DONE: Final = Timestamp.DONE
_AFTER_OTHERS: Final = 1 << 40
"""Added to the priority of a source: the others empty the queues first."""


class Scheduler:
    """The state of one run.

    Its methods do not raise for what the application or a calculator does wrong: the run fails then.

    Parameters
    ----------
    plan : Plan
    side_packets : mapping of int to object
        Values of the graph's input side packets, by number.

    Attributes
    ----------
    error : GraphError or None
        Why the run failed. Once it is set, nodes only close, and what they send is dropped.
    side_packets : list
        All side packets by number; `MISSING` for those that are not set yet.
    on_schedule : callable or None
        Called with each task when it can be done.
    observing : int
        The thread that calls an observer now, else 0: it must not wait for the run.
    throttle : Throttle
    released : bool
        Whether a graph input stream that was throttled is not any more; who looks resets it.
    """

    def __init__(self, plan: Plan, side_packets: Mapping[int, Any] = {}) -> None:
        self.error: GraphError | None = None
        self.on_schedule: Callable[[NodeTask], None] | None = None
        self.released = False
        self.plan = plan
        self.streams = [Stream(name, number) for number, name in enumerate(plan.streams)]
        for number in plan.untimed:
            self.streams[number].timed = False
        self.open_inputs = {self.streams[number] for number in plan.inputs.numbers.values()}
        self.side_packets = [side_packets.get(number, MISSING) for number in range(len(plan.side_packets))]
        limit = plan.max_queue_size if plan.max_queue_size > 0 else sys.maxsize
        self.nodes = [NodeState(node, self.streams, limit) for node in plan.nodes]
        self.throttle = Throttle(plan)
        self.observing = 0
        self._sources = [self.nodes[index] for index in plan.sources]
        self._layer = min((node.plan.source_layer for node in self._sources), default=0)
        self._ready: list[tuple[int, NodeTask]] = []
        self._touched: deque[NodeState] = deque()
        self._busy = 0
        self._open = len(plan.nodes)
        self._started = self._stopped = False
        self._fault: GraphError | None = None

    def start(self) -> None:
        """Let the nodes open."""
        self._started = True
        for node in self.nodes:
            if not (node.plain and node.opened and node.inputs):  # such a node waits for packets
                self._touch(node)
        self._settle()

    @property
    def idle(self) -> bool:
        """Whether nothing works or could work now."""
        return not self._busy and not self._ready

    @property
    def done(self) -> bool:
        """Whether all nodes are closed, and nothing more can come in."""
        return not self._open and (not self.open_inputs or self.error is not None)

    def add(self, stream: int, packet: Packet) -> None:
        """Put a packet on an input stream of the graph."""
        if self.error is None and not self._stopped:
            try:
                self._deliver(self.streams[stream], packet)
            except Exception as error:
                self.fail(error if isinstance(error, GraphError) else GraphError(str(error)))
            self._settle()

    def set_bound(self, stream: int, bound: int) -> None:
        """Promise that no packet before `bound` comes on an input stream of the graph; `Timestamp.DONE` closes it."""
        if self.error is None:
            self._set_bound(self.streams[stream], bound)
            self._settle()

    def close_inputs(self) -> None:
        """Close all input streams of the graph."""
        if self.error is None:
            for stream in tuple(self.open_inputs):
                self._set_bound(stream, _DONE)
            self._settle()

    def stop(self) -> None:
        """Stop all sources and close all input streams of the graph; what is queued is still worked off.

        What is added to them later is dropped: whoever adds it could not know.
        """
        self._stopped = True
        for entry in [entry for entry in self._ready if entry[1].state.plan.is_source and entry[1].phase is PROCESS]:
            self._ready.remove(entry)
            self._take_back(entry[1])
        heapify(self._ready)
        for node in self._sources:
            node.stopped = True
            self._touch(node)
        self.close_inputs()

    def next(self) -> NodeTask | None:
        """The task that is to be done next; None if there is none now."""
        if self._fault is not None:
            self._stop_with(self._fault)
            self._fault = None
            self._close_all()
        while not self._ready:
            if self._busy or not self._go_on():
                return None
        self._busy += 1
        return heappop(self._ready)[1]

    def flush(self, task: NodeTask, sent: Sequence[tuple[int, Packet]]) -> None:
        """Deliver what a node sent while it still works."""
        node = task.state
        if self.error is not None:
            return
        if node.most > 1 and node.working[0] is not task:
            task.flushed = (*task.flushed, *sent)
            return
        try:
            for slot, packet in sent:
                self._deliver(node.outputs[slot], packet)
        except Exception as error:
            self.fail(_blamed(error, task))
        self._settle()

    def finish(self, task: NodeTask, error: GraphError | None = None) -> None:
        """Take back a task: deliver what was sent, and see who can work now; or fail with `error`.

        Of a node with several in flight, the results leave in the order of its input sets.
        """
        self._busy -= 1
        node = task.state
        if node.plain and task.phase is PROCESS and task.effects is None and error is None and self.error is None:
            # NOTE: what `_leave` and `_consider` would come to, at half the cost: most tasks are such
            try:
                for slot, packet in task.sent:
                    self._deliver(node.outputs[slot], packet)
            except Exception as cause:
                error = _blamed(cause, task)
            else:
                task.packets = ()
                task.sent.clear()
                node.idle.append(task)
                settled = task.timestamp + 1
                if node.offset == 0:
                    for stream in node.outputs:
                        if settled > stream.bound:
                            self._advance(stream, settled)
                else:
                    self._promise(node, settled)
                for item in node.inputs:
                    if item.queue or item.stream.bound > settled:
                        self._touch(node)
                        break
                if self._touched:
                    self._settle()
                return
        if task.phase is OPEN:
            node.opened = error is None
        error = error or self.error
        if node.most == 1:
            self._leave(task, error)
        elif error is None and node.working[0] is not task:
            task.finished = True
        else:
            self._leave(task, error)
            while node.working:
                first = node.working[0]
                if first.flushed:
                    flushed, first.flushed = first.flushed, ()
                    self.flush(first, flushed)
                if not first.finished:
                    break
                self._leave(first, self.error)
        if self._touched:
            self._settle()

    def has_side_packet(self, number: int) -> bool:
        """Whether a side packet is set."""
        return self.side_packets[number] is not MISSING

    def fail(self, error: GraphError) -> None:
        """End the run: nothing more is processed; nodes that are open close once nothing works any more."""
        if not self.done:
            self._stop_with(error)
            self._close_all()

    def let_go(self, stream: int) -> None:
        """Take back one `Throttle.hold`."""
        self._free(self.throttle.let_go(stream))
        self._settle()

    def _leave(self, task: NodeTask, error: GraphError | None) -> None:
        """End a task whose turn it is."""
        node = task.state
        if error is None:
            try:
                if task.effects is not None:
                    self._take_effects(task, task.effects)
                else:
                    for slot, packet in task.sent:
                        self._deliver(node.outputs[slot], packet)
            except Exception as cause:
                error = _blamed(cause, task)
        self._take_back(task)
        if error is not None:
            self._stop_with(error)
            if task.phase is CLOSE:
                self._closed(node)
            self._close_all()
        elif task.phase is CLOSE:
            self._closed(node)
        else:
            if task.phase is PROCESS and node.policy.ordered and not node.plan.is_source:
                self._promise(node, task.timestamp + 1)
            self._touch(node)

    @staticmethod
    def _take_back(task: NodeTask) -> None:
        node = task.state
        task.packets = ()
        task.sent.clear()
        task.effects = None
        node.idle.append(task)
        if node.most > 1:
            task.finished = False
            task.flushed = ()
            node.working.remove(task)

    def _take_effects(self, task: NodeTask, effects: Effects) -> None:
        node = task.state
        for slot, packet in task.sent:
            self._deliver(node.outputs[slot], packet)
        for slot, value in effects.side_packets:
            self._set_side_packet(node.plan, slot, value)
        for slot, bound in effects.bounds:
            self._advance(node.outputs[slot], bound)
        if effects.sets_offset:
            node.offset = effects.offset
        if effects.stopped and node.plan.is_source:
            node.stopped = True
        elif effects.stopped:
            self.stop()

    def _stop_with(self, error: GraphError) -> None:
        if self.error is None:
            self.error = error
            for _, task in self._ready:
                self._take_back(task)
            self._ready.clear()
            self._touched.clear()

    def _close_all(self) -> None:
        """Close what is open, once nothing works any more."""
        if self._busy or self._ready:
            return
        for node in self.nodes:
            for task in tuple(node.working):  # which is finished, and waited for another
                self._take_back(task)
            if node.opened and not node.closed:
                self._close(node)
            elif not node.closed:
                self._closed(node)

    def _deliver(self, stream: Stream, packet: Packet) -> None:
        timestamp = packet[1]
        if _MIN <= timestamp < _MAX and stream.bound <= timestamp:
            stream.bound = timestamp + 1
        else:
            stream.check(timestamp)
            stream.bound = max(stream.bound, Timestamp.next_allowed_in_stream(timestamp))
        stream.used = True
        if stream.observers:
            self.observing = threading.get_ident()
            try:
                stream.show(packet)
            finally:
                self.observing = 0
        for item in stream.consumers:
            node = item.node
            queue = item.queue
            if node.single and node.idle and node.opened and not queue:
                # NOTE: what `_consider` would come to, at a fraction of the cost.
                task = node.idle.pop()
                task.phase = PROCESS
                task.timestamp = node.processed = timestamp
                task.packets = (packet,)
                heappush(self._ready, (node.priority, task))
                if self.on_schedule is not None:
                    self.on_schedule(task)
                continue
            queue.append(packet)
            if len(queue) >= item.limit and not item.full:
                self.throttle.fill(item)
            if not node.touched:
                node.touched = True
                self._touched.append(node)

    def _free(self, origins: Iterable[int]) -> None:
        """Let sources and graph inputs go on that are not throttled any more."""
        for origin in origins:
            if origin < 0:
                self._touch(self.nodes[~origin])
            else:
                self.released = True

    def _set_bound(self, stream: Stream, bound: int) -> None:
        if bound >= _DONE:
            bound = _DONE
            self.open_inputs.discard(stream)
        self._advance(stream, bound)

    def _advance(self, stream: Stream, bound: int) -> None:
        if bound > stream.bound:
            stream.bound = bound
            if stream.bound_observers:
                self.observing = threading.get_ident()
                try:
                    stream.show_bound()
                except GraphError as error:
                    self._fault = error
                self.observing = 0
            for item in stream.consumers:
                self._touch(item.node)
            if bound == _DONE:
                stream.consumers = []

    def _promise(self, node: NodeState, bound: int) -> None:
        """Advance the bounds of a node's outputs, given the least timestamp that its next input set can have."""
        offset = node.offset
        if offset is not None:
            if offset and _MIN <= bound <= _MAX:
                bound = min(max(bound + offset, _MIN), _MAX)
            for stream in node.outputs:
                if bound > stream.bound:
                    self._advance(stream, bound)

    def _set_side_packet(self, plan: NodePlan, slot: int, value: Any) -> None:
        number = plan.side_outputs[slot].number
        if self.side_packets[number] is not MISSING:
            raise ValueError(f'the side packet "{self.plan.side_packets[number]}" was set already')
        self.side_packets[number] = value
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
            if node.idle and not node.closing:
                try:
                    self._consider(node)
                except Exception as cause:
                    message = (
                        f'the input policy of node "{node.plan.info.name}" failed: {type(cause).__name__}: {cause}'
                    )
                    self._fault = GraphError(message)
                    self._fault.__cause__ = cause

    def _consider(self, node: NodeState) -> None:
        if not node.opened and not self._open_now(node):
            return
        if node.single:  # NOTE: what its policy would say, at half the cost: most nodes are such
            (item,) = node.inputs
            if item.queue:
                packet = item.queue.popleft()
                self._schedule(node, PROCESS, packet[1], (packet,))
                if item.full:
                    self._free(self.throttle.drain(node.inputs))
            elif item.stream.bound == _DONE:
                self._close(node)
            else:
                self._promise(node, item.stream.bound)
            return
        if not node.plain and node.plan.is_source:
            self._consider_source(node)
            return
        while True:
            readiness, timestamp = node.policy.readiness(node.inputs)
            if readiness is not READY:
                break
            packets = node.policy.take(node.inputs, timestamp)
            self._schedule(node, PROCESS, timestamp, packets)
            if not node.idle:
                break
        if self.throttle.full:  # policies drop packets, too, so it may be that none was taken
            self._free(self.throttle.drain(node.inputs))
        if len(node.idle) < node.most:
            return
        if readiness is not WAIT:
            self._close(node)
        elif node.plain or not self._process_bound(node, timestamp):
            self._promise(node, timestamp)

    def _open_now(self, node: NodeState) -> bool:
        """Open a node if it can; returns whether it is open, which may take a task."""
        plan = node.plan
        if len(node.idle) == node.most and all(
            self.has_side_packet(connection.number) for connection in plan.side_inputs
        ):
            values = [self.side_packets[connection.number] for connection in plan.side_inputs]
            for task in node.idle:
                task.side_packets = values
            self._schedule(node, OPEN, Timestamp.UNSTARTED)
        return node.opened

    def _process_bound(self, node: NodeState, bound: int) -> bool:
        settled = settled_before(bound)
        if not (node.plan.info.process_timestamp_bounds and node.policy.ordered and settled > node.processed):
            return False
        self._schedule(node, PROCESS, settled, [None] * len(node.inputs))
        return True

    def _consider_source(self, node: NodeState) -> None:
        if node.stopped:
            self._close(node)
        elif node.plan.source_layer <= self._layer and not self.throttle.held.get(~node.plan.info.index):
            self._schedule(node, PROCESS, 0)

    def _close(self, node: NodeState) -> None:
        node.closing = True
        if node.plan.closes_at_once:
            self._closed(node)
        else:
            self._schedule(node, CLOSE, _DONE)

    def _closed(self, node: NodeState) -> None:
        node.closing = node.closed = True
        self._open -= 1
        if self.throttle.full:
            for item in node.inputs:
                item.queue.clear()
            self._free(self.throttle.drain(node.inputs))
        for item in node.inputs:
            if item.stream.consumers:
                item.stream.consumers.remove(item)
        node.inputs = []  # so that a run that has ended is free of reference cycles
        node.idle = []
        if self.error is None:
            for stream in node.outputs:
                self._advance(stream, _DONE)

    def _schedule(self, node: NodeState, phase: Phase, timestamp: int, packets: Sequence[Packet | None] = ()) -> None:
        task = node.idle.pop()
        task.phase = phase
        task.timestamp = node.processed = timestamp
        task.packets = packets
        priority = node.priority
        if phase is OPEN:
            priority = node.plan.info.index - 3 * len(self.nodes)
        if not node.plain:
            if phase is PROCESS and node.plan.info.process_timestamp_bounds:
                task.bounds = [least(item) for item in node.inputs]
            if phase is PROCESS and node.plan.is_source:
                priority = _source_priority(node)
            if node.most > 1:
                node.working.append(task)
        heappush(self._ready, (priority, task))
        if self.on_schedule is not None:
            self.on_schedule(task)

    def _go_on(self) -> bool:
        """Nothing works and nothing could: do what lets a run go on then. Returns whether anything changed."""
        full = self.throttle.full
        if self.open_inputs and not full and not self._sources:
            return False
        if self.error is not None or not self._open or not self._started:
            return False
        if full and not self.plan.report_deadlock:
            self._free(self.throttle.relieve())
            self._settle()
            return True
        sources = [node for node in self._sources if not node.closed]
        active = [node for node in sources if node.opened and node.plan.source_layer <= self._layer]
        if full and self.throttle.blocks(~node.plan.info.index for node in active):
            return self._give_up("the run is in a deadlock: queues are full")
        waiting = min((node.plan.source_layer for node in sources), default=self._layer)
        if waiting > self._layer:
            self._layer = waiting
            for node in sources:
                self._touch(node)
            self._settle()
            return True
        if self.open_inputs or active:
            return False
        return self._cut_back_edges() or self._give_up("the run cannot go on, and nothing more can come in")

    def _cut_back_edges(self) -> bool:
        """Close the back edges: nothing can come round any more."""
        cut = [
            item
            for node in self.nodes
            for item, connection in zip(node.inputs, node.plan.inputs, strict=False)
            if connection.back_edge and item.stream.bound != _DONE
        ]
        for item in cut:
            item.stream.consumers.remove(item)
            item.stream = Stream(item.stream.name, item.stream.number)
            item.stream.bound = _DONE
            self._touch(item.node)
        self._settle()
        return bool(cut)

    def _give_up(self, why: str) -> bool:
        self.fail(GraphError(f"{why}\n{explain(self)}"))
        return bool(self._ready)


def _blamed(cause: Exception, task: NodeTask) -> GraphError:
    """What a run fails with if `cause` was raised while what `task` sent was delivered."""
    return cause if isinstance(cause, GraphError) else task.failure(cause)


def _source_priority(node: NodeState) -> int:
    """By layer, then the source that is least far, then the order of the nodes."""
    reached = min((stream.bound for stream in node.outputs), default=0) - Timestamp.UNSET
    return _AFTER_OTHERS + (((node.plan.source_layer << 65) + reached) << 20) + node.plan.info.index
