"""The state of the nodes and tasks of one run, which the scheduler changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Final

from graphframe.framework.errors import CalculatorError
from graphframe.framework.packet import Packet
from graphframe.framework.planning.plan import NodePlan
from graphframe.framework.running.stream import Stream
from graphframe.framework.timestamp import Timestamp


class Phase(Enum):
    """Which method of a node's calculator a task calls."""

    OPEN = "open"
    PROCESS = "process"
    CLOSE = "close"


OPEN: Final = Phase.OPEN
PROCESS: Final = Phase.PROCESS
CLOSE: Final = Phase.CLOSE

_UNSTARTED: Final = Timestamp.UNSTARTED
_NOBODY: Final[deque[Task]] = deque()


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


class Effects:
    """What one call of a calculator leaves besides the packets that it sent.

    Attributes
    ----------
    side_packets : list of (int, object)
        By position of the node's output side packets.
    bounds : list of (int, int)
        New bounds, by position of the node's outputs.
    offset : int or None
        The node's new timestamp offset, if `sets_offset`.
    stopped : bool
        Whether the calculator wants no more packets from sources.
    """

    __slots__ = ("bounds", "offset", "sets_offset", "side_packets", "stopped")

    def __init__(self) -> None:
        self.side_packets: list[tuple[int, Any]] = []
        self.bounds: list[tuple[int, int]] = []
        self.offset: int | None = None
        self.sets_offset = self.stopped = False


class Task:
    """One call of a node's calculator: what it works on, and what it leaves.

    Attributes
    ----------
    packets : sequence of Packet or None
        The input set, by the positions of the node's inputs.
    bounds : sequence of int
        For each input the least timestamp that is still to come; only for calculators that process bounds.
    sent : list of (int, Packet)
        By position of the node's outputs.
    flushed : sequence of (int, Packet)
        What it sent while one of the same node before it still works.
    finished : bool
        Whether it is done, but one of the same node before it is not.
    effects : Effects or None
        What it leaves besides; mostly nothing.
    """

    __slots__ = ("bounds", "effects", "finished", "flushed", "node", "packets", "phase", "sent", "timestamp")

    def __init__(self, node: NodeState) -> None:
        self.node = node
        self.phase = OPEN
        self.timestamp: int = _UNSTARTED
        self.packets: Sequence[Packet | None] = ()
        self.bounds: Sequence[int] = ()
        self.sent: list[tuple[int, Packet]] = []
        self.flushed: Sequence[tuple[int, Packet]] = ()
        self.finished = False
        self.effects: Effects | None = None

    def affect(self) -> Effects:
        """What to note an effect in."""
        if self.effects is None:
            self.effects = Effects()
        return self.effects

    def __lt__(self, other: Task) -> bool:
        return self.timestamp < other.timestamp

    def failure(self, cause: BaseException) -> CalculatorError:
        """What a run fails with if `cause` was raised by this task."""
        plan = self.node.plan
        return CalculatorError(plan.name, plan.calculator.__name__, self.phase.value, self.timestamp, cause)


class NodeState:
    """The state of one node.

    Attributes
    ----------
    idle : list of Task
        Those that do not work now; as many as the node may have in flight when nothing works.
    working : deque of Task
        The others, in the order of their input sets; only kept where there can be several.
    priority : int
    plain, single : bool
        See `NodePlan`.
    processed : int
        The last timestamp that the calculator was called with.
    side_packets : sequence of object
        By position of the node's input side packets, once they are there.
    """

    __slots__ = (
        "closed", "closing", "idle", "inputs", "most", "offset", "opened", "outputs", "plain", "plan",
        "policy", "priority", "processed", "side_packets", "single", "stopped", "touched",
        "working",
    )  # fmt: skip

    def __init__(
        self,
        plan: NodePlan,
        streams: Sequence[Stream],
        limit: int,
        make_task: Callable[[NodeState], Task],
    ) -> None:
        self.plan = plan
        self.priority = plan.priority
        self.offset = plan.calculator.timestamp_offset
        self.policy = plan.input_policy
        self.plain = plan.is_plain
        self.single = plan.is_single
        self.inputs = []
        for slot in plan.inputs:
            self.inputs.append(InputQueue(self, streams[slot.stream], limit))
        self.outputs = []
        for slot in plan.outputs:
            self.outputs.append(streams[slot.stream])
        self.side_packets: Sequence[Any] = ()
        self.opened = plan.opens_at_once
        self.closing = self.closed = self.touched = self.stopped = False
        self.processed: int = _UNSTARTED
        self.most = plan.max_in_flight
        self.idle = [make_task(self)]
        self.working = _NOBODY
        if self.most > 1:
            self.idle += map(make_task, [self] * (self.most - 1))
            self.working = deque()
