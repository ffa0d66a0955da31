"""The state of the nodes and tasks of one run, which the scheduler changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from graphframe.framework.packet import Packet
from graphframe.framework.planning.plan import NodePlan
from graphframe.framework.running.invocation import OPEN, Invocation
from graphframe.framework.running.stream import Stream
from graphframe.framework.timestamp import Timestamp

_UNSTARTED: Final = Timestamp.UNSTARTED
_NOBODY: Final[deque[NodeTask]] = deque()


class InputQueue:
    """One input of a node: the packets that wait there. It is full once `limit` of them do."""

    __slots__ = ("full", "limit", "node", "processed", "queue", "shift", "stream")

    def __init__(self, node: NodeState, stream: Stream, limit: int) -> None:
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
    flushed : sequence of (int, Packet)
        Packets flushed while an earlier task of the same node still works.
    finished : bool
        Whether it has returned, but an earlier task of the same node has not.
    """

    __slots__ = ("finished", "flushed", "state")

    def __init__(self, state: NodeState) -> None:
        # NOTE: not super().__init__, which costs as much as the rest, for each node of each run.
        self.node = state.plan.info
        self.phase = OPEN
        self.timestamp = _UNSTARTED
        self.packets = self.bounds = self.side_packets = ()
        self.sent = []
        self.effects = None
        self.state = state
        self.flushed: Sequence[tuple[int, Packet]] = ()
        self.finished = False

    def __lt__(self, other: NodeTask) -> bool:
        return self.timestamp < other.timestamp


class NodeState:
    """The state of one node.

    Attributes
    ----------
    idle : list of NodeTask
        Those that do not work now; as many as the node may have in flight when nothing works.
    working : deque of NodeTask
        The others, in the order of their input sets; only kept where there can be several.
    priority : int
    plain, single : bool
        See `NodePlan`.
    processed : int
        The last timestamp that the calculator was called with.
    """

    __slots__ = (
        "closed", "closing", "idle", "inputs", "most", "offset", "opened", "outputs", "plain", "plan",
        "policy", "priority", "processed", "single", "stopped", "touched",
        "working",
    )  # fmt: skip

    def __init__(self, plan: NodePlan, streams: Sequence[Stream], limit: int) -> None:
        self.plan = plan
        self.priority = plan.priority
        self.offset = plan.calculator.timestamp_offset
        self.policy = plan.input_policy
        self.plain = plan.is_plain
        self.single = plan.is_single
        self.inputs = []
        for connection in plan.inputs:
            self.inputs.append(InputQueue(self, streams[connection.number], limit))
        self.outputs = []
        for connection in plan.outputs:
            self.outputs.append(streams[connection.number])
        self.opened = plan.opens_at_once
        self.closing = self.closed = self.touched = self.stopped = False
        self.processed: int = _UNSTARTED
        self.most = plan.max_in_flight
        self.idle = [NodeTask(self)]
        self.working = _NOBODY
        if self.most > 1:
            self.idle += [NodeTask(self) for _ in range(self.most - 1)]
            self.working = deque()
