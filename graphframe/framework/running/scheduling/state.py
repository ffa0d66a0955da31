"""The state of the streams, inputs, nodes and tasks of one run, which the scheduler changes.

These classes refer to each other, so they share a file. The functions that change them are in `streams`, `steps`,
`closing` and `endings`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from typing_extensions import override

from graphframe.framework.packet import Packet
from graphframe.framework.planning.plan import NodePlan
from graphframe.framework.running.invocation import OPEN, Invocation
from graphframe.framework.timestamp import Timestamp

_PRE_STREAM: Final = Timestamp.PRE_STREAM
_UNSTARTED: Final = Timestamp.UNSTARTED
_NONE_WORKING: Final[deque[NodeTask]] = deque()


class StreamState:
    """The state of one stream.

    Attributes
    ----------
    bound : int
        The least timestamp that a packet may still have.
    used : bool
        Whether it had a packet.
    timed : bool
        Whether its timestamps must rise.
    consumers : list of InputState
    observers, bound_observers : sequence of callable
        Called with each packet, and with each bound that advances without a packet.
    """

    __slots__ = ("bound", "bound_observers", "consumers", "name", "number", "observers", "timed", "used")

    def __init__(self, name: str, number: int = 0) -> None:
        self.name = name
        self.number = number
        self.bound: int = _PRE_STREAM
        self.used = False
        self.timed = True
        self.consumers: list[InputState] = []
        self.observers: Sequence[Callable[[Packet], None]] = ()
        self.bound_observers: Sequence[Callable[[int], None]] = ()


class InputState:
    """The state of one input of a node: the packets that wait there.

    Attributes
    ----------
    limit : int
        How many packets make it full.
    full : bool
        Whether it throttles the origins of its stream.
    processed : int
    shift : int or None
        See `input_policy.InputQueue`.
    """

    __slots__ = ("full", "limit", "node", "processed", "queue", "shift", "stream")

    def __init__(self, node: NodeState, stream: StreamState, limit: int) -> None:
        self.node = node
        self.stream = stream
        self.limit = limit
        self.full = False
        self.queue: deque[Packet] = deque()
        self.processed: int = _UNSTARTED
        self.shift: int | None = None
        stream.consumers.append(self)


class NodeTask(Invocation):
    """An invocation as the scheduler keeps it.

    Attributes
    ----------
    state : NodeState
    context : object
        The calculator's view of it, which the driver sets; None once the node is closed.
    flushed : sequence of (int, Packet)
        Packets flushed while an earlier task of the same node still works.
    finished : bool
        Whether it has returned, but an earlier task of the same node has not.
    """

    __slots__ = ("context", "finished", "flushed", "state")

    def __init__(self, state: NodeState) -> None:
        # NOTE: not super().__init__, which costs as much as the rest, for each node of each run.
        self.node = state.plan.info
        self.phase = OPEN
        self.timestamp = _UNSTARTED
        self.packets = self.bounds = self.side_packets = ()
        self.sent = []
        self.effects = None
        self.working = True
        self.state = state
        self.context: Any = None
        self.flushed: Sequence[tuple[int, Packet]] = ()
        self.finished = False

    @override
    def current_bounds(self) -> Sequence[int]:
        # NOTE: a copy, since other threads may take packets if the node has several tasks.
        queues = [(tuple(item.queue), item.stream.bound) for item in self.state.inputs]
        return [queue[0][1] if queue else bound for queue, bound in queues]

    @override
    def output_bound(self, position: int) -> int:
        return self.state.outputs[position].bound

    def __lt__(self, other: NodeTask) -> bool:
        return self.timestamp < other.timestamp


class NodeState:
    """The state of one node.

    Attributes
    ----------
    step : callable
        The rule for its next move, taken when something that it waits for has changed; see `steps`.
    work : callable
        Its step once it is open.
    opened : bool
        Whether its calculator is open, or was until it closed.
    closing : bool
        Whether ``close`` of its calculator was called.
    closed : bool
    touched : bool
        Whether its step is due.
    idle : list of NodeTask
        Tasks that do not work now; all of them when the node does not work.
    working : deque of NodeTask
        The other tasks, in the order of their input sets; only for nodes with several tasks.
    most : int
        The number of its tasks.
    processed : int
        The last timestamp that its calculator was called with.
    offset : int or None
        Its timestamp offset in this run.
    plain : bool
        See `NodePlan.is_plain`.
    """

    __slots__ = (
        "closed", "closing", "idle", "inputs", "most", "offset", "opened", "outputs", "plain", "plan", "policy",
        "priority", "processed", "step", "touched", "work", "working",
    )  # fmt: skip

    def __init__(self, plan: NodePlan, streams: Sequence[StreamState], limit: int, work: Step, step: Step) -> None:
        self.plan = plan
        self.priority = plan.priority
        self.offset = plan.calculator.timestamp_offset
        self.policy = plan.input_policy
        self.plain = plan.is_plain
        self.work = work
        self.step = step
        self.inputs = []
        for connection in plan.inputs:
            self.inputs.append(InputState(self, streams[connection.number], limit))
        self.outputs = []
        for connection in plan.outputs:
            self.outputs.append(streams[connection.number])
        self.opened = plan.opens_at_once
        self.closed = self.closing = self.touched = False
        self.processed: int = _UNSTARTED
        self.most = plan.max_in_flight
        self.idle = [NodeTask(self)]
        self.working = _NONE_WORKING
        if self.most > 1:
            self.idle += [NodeTask(self) for _ in range(self.most - 1)]
            self.working = deque()


Step = Callable[[Any, NodeState], None]
"""Decides what a node of a run does next. Its first argument is the `RunState`."""
