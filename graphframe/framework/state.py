"""The state of the streams and nodes of one run, which the scheduler changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

from graphframe.framework.errors import CalculatorError
from graphframe.framework.input_policy import INPUT_POLICIES
from graphframe.framework.packet import Packet
from graphframe.framework.plan import NodePlan
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
    """The state of one stream: its bound, whether it had a packet, who reads it, who observes it."""

    __slots__ = ("bound", "consumers", "name", "observers", "used")

    def __init__(self, name: str) -> None:
        self.name = name
        self.bound: int = Timestamp.PRE_STREAM
        self.used = False
        self.consumers: list[InputQueue] = []
        self.observers: list[Callable[[Packet], None]] = []

    def check(self, timestamp: int) -> None:
        """Raise ValueError if the stream cannot take a packet at `timestamp` now."""
        if self.bound == Timestamp.DONE:
            reason = "is closed"
        elif not Timestamp.is_allowed_in_stream(timestamp):
            reason = "takes no such timestamp; in open and close one must be given"
        elif timestamp == Timestamp.POST_STREAM and self.used:
            reason = "had others: a packet at POST_STREAM must be the only one"
        elif self.bound <= timestamp:
            return
        elif self.bound == Timestamp.ONE_OVER_POST_STREAM:
            reason = "takes nothing after the packet that it had"
        else:
            reason = f"takes {Timestamp.describe(self.bound)} or later now"
        found = Timestamp.describe(timestamp)
        raise ValueError(f'a packet at timestamp {found} was sent to stream "{self.name}", which {reason}')


class InputQueue:
    """One input of a node: the packets that wait there."""

    __slots__ = ("node", "queue", "stream")

    def __init__(self, node: NodeState, stream: Stream) -> None:
        self.node = node
        self.stream = stream
        self.queue: deque[Packet] = deque()


class NodeState:
    """The state of one node, and its task while it has one: `phase`, `timestamp`, `packets`.

    `priority` orders tasks, the least first: what runs elsewhere is handed out before anything runs inline, and what is
    nearest to the outputs comes first.
    """

    __slots__ = (
        "busy", "closed", "index", "inputs", "offset", "opened", "ordered", "outputs", "packets", "phase", "plan",
        "policy", "priority", "timestamp", "touched",
    )  # fmt: skip

    def __init__(self, plan: NodePlan, streams: Sequence[Stream], priority: int) -> None:
        self.plan = plan
        self.index = plan.index
        self.priority = priority
        self.offset = plan.calculator.timestamp_offset
        self.policy = INPUT_POLICIES[plan.input_policy]
        self.ordered = self.policy.ordered
        self.inputs = [InputQueue(self, streams[slot.stream]) for slot in plan.inputs]
        self.outputs = [streams[slot.stream] for slot in plan.outputs]
        self.opened = self.closed = self.busy = self.touched = False
        self.phase = OPEN
        self.timestamp: int = Timestamp.UNSTARTED
        self.packets: Sequence[Packet | None] = ()

    def error(self, cause: BaseException) -> CalculatorError:
        """What a run fails with if `cause` was raised by the node's task."""
        return CalculatorError(self.plan.name, self.plan.calculator.__name__, self.phase.value, self.timestamp, cause)
