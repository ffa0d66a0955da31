"""The heap of tasks that can be done: how a node's task comes there, and how it returns."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappush

from graphframe.framework.packet import Packet
from graphframe.framework.running.invocation import Phase
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import NodeState, NodeTask


def schedule(
    run: RunState,
    node: NodeState,
    phase: Phase,
    timestamp: int,
    packets: Sequence[Packet | None] = (),
    priority: int | None = None,
) -> NodeTask:
    """Let an idle task of a node be done, at the node's priority unless another is given."""
    task = node.idle.pop()
    task.phase = phase
    task.timestamp = node.processed = timestamp
    task.packets = packets
    if node.most > 1:
        node.working.append(task)
    heappush(run.ready, (node.priority if priority is None else priority, task))
    if run.on_schedule is not None:
        run.on_schedule(task)
    return task


def take_back(task: NodeTask) -> None:
    """Make a task idle again."""
    node = task.state
    task.packets = ()
    task.sent.clear()
    task.effects = None
    node.idle.append(task)
    if node.most > 1:
        task.finished = False
        task.flushed = ()
        node.working.remove(task)
