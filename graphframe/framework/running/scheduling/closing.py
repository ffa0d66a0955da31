"""How one node closes."""

from __future__ import annotations

from typing import Final

from graphframe.framework.running.invocation import CLOSE
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import NodeState
from graphframe.framework.running.scheduling.streams import advance, release
from graphframe.framework.running.scheduling.tasks import schedule
from graphframe.framework.timestamp import Timestamp

_DONE: Final = Timestamp.DONE


def rest(run: RunState, node: NodeState) -> None:
    """Do nothing: the step of a node that opens, closes or is closed."""


def close_node(run: RunState, node: NodeState) -> None:
    """Call ``close`` of a node's calculator, if it has one. The step of a source that was stopped."""
    node.step = rest
    if node.plan.closes_at_once:
        mark_closed(run, node)
    else:
        schedule(run, node, CLOSE, _DONE)


def mark_closed(run: RunState, node: NodeState) -> None:
    """Note that a node is closed: its queues are dropped, and its outputs close unless the run failed."""
    node.step = rest
    node.closed = True
    run.unclosed -= 1
    if run.throttle.full:
        for item in node.inputs:
            item.queue.clear()
        release(run, run.throttle.drain(node.inputs))
    for item in node.inputs:
        if item.stream.consumers:
            item.stream.consumers.remove(item)
    # A run that has ended has no reference cycles.
    for task in node.idle:
        task.context = None
    node.inputs = []
    node.idle = []
    if run.error is None:
        for stream in node.outputs:
            advance(run, stream, _DONE)
