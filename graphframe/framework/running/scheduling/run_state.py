"""The state of one run as a whole."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from graphframe.framework.errors import GraphError
from graphframe.framework.planning.plan import Plan
from graphframe.framework.running.invocation import ABSENT
from graphframe.framework.running.scheduling.state import NodeState, NodeTask, StreamState
from graphframe.framework.running.scheduling.throttle import Throttle

MISSING: Final = object()
"""Replaces a side packet that is not set yet."""


class RunState:
    """The state of one run.

    Parameters
    ----------
    plan : Plan
    side_packets : mapping of int to object
        Values of the graph's input side packets, by number.

    Attributes
    ----------
    error : GraphError or None
        Why the run failed. Once it is set, nodes only close, and the packets that they send are dropped.
    fault : GraphError or None
        An error that fails the run when the next task is taken.
    streams : list of StreamState
        By number.
    open_inputs : set of StreamState
        The input streams of the graph that are not closed.
    side_packets : list
        By number; `MISSING` for those that are not set yet.
    nodes, sources : list of NodeState
        In execution order.
    throttle : Throttle
    released : bool
        Whether a graph input stream stopped being throttled; the reader resets it.
    ready : list of (int, NodeTask)
        A heap of the tasks that can be done, by priority.
    touched : deque of NodeState
        Nodes whose steps are due.
    busy : int
        The number of tasks that work now.
    unclosed : int
        The number of nodes that are not closed.
    layer : int
        Sources of higher layers wait.
    started, stopped : bool
        Whether `RunScheduler.start` and `RunScheduler.stop` were called.
    paused : bool
        Whether tasks wait until the run is resumed, or are done step by step.
    observing : int
        The ident of the thread that calls an observer now, else 0; it must not wait for the run.
    on_schedule : callable or None
        Called with each task when it can be done.
    """

    def __init__(self, plan: Plan, side_packets: Mapping[int, Any] = {}) -> None:
        self.plan = plan
        self.error: GraphError | None = None
        self.fault: GraphError | None = None
        self.streams = [StreamState(name, number) for number, name in enumerate(plan.streams)]
        for number in plan.untimed:
            self.streams[number].timed = False
        self.open_inputs = {self.streams[number] for number in plan.inputs.numbers.values()}
        self.side_packets = [MISSING] * len(plan.side_packets)
        for number in plan.side_inputs.numbers.values():
            self.side_packets[number] = ABSENT
        for number, value in side_packets.items():
            self.side_packets[number] = value
        self.queue_limit = plan.max_queue_size if plan.max_queue_size > 0 else sys.maxsize
        self.nodes: list[NodeState] = []
        self.sources: list[NodeState] = []
        self.throttle = Throttle(plan)
        self.released = False
        self.ready: list[tuple[int, NodeTask]] = []
        self.touched: deque[NodeState] = deque()
        self.busy = 0
        self.unclosed = len(plan.nodes)
        self.layer = 0
        self.started = self.stopped = self.paused = False
        self.observing = 0
        self.on_schedule: Callable[[NodeTask], None] | None = None

    @property
    def idle(self) -> bool:
        """Whether no task works or could work now."""
        return not self.busy and (not self.ready or (self.paused and self.error is None))

    @property
    def done(self) -> bool:
        """Whether all nodes are closed, and no packet can be added."""
        return not self.unclosed and (not self.open_inputs or self.error is not None)

    def has_side_packet(self, number: int) -> bool:
        """Return whether a side packet is set, or optional and not given."""
        return self.side_packets[number] is not MISSING

    def given(self, number: int) -> bool:
        """Return whether a side packet has a value."""
        return self.side_packets[number] is not MISSING and self.side_packets[number] is not ABSENT

    def touch(self, node: NodeState) -> None:
        """Make a node's step due."""
        if not node.touched:
            node.touched = True
            self.touched.append(node)
