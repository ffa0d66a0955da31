"""The delivery of the results of a task."""

from __future__ import annotations

from graphframe.framework.errors import GraphError
from graphframe.framework.running.invocation import CLOSE, PROCESS, Effects
from graphframe.framework.running.scheduling.closing import mark_closed
from graphframe.framework.running.scheduling.endings import close_all, drop_work, stop
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import NodeTask
from graphframe.framework.running.scheduling.steps import stop_source
from graphframe.framework.running.scheduling.streams import advance, deliver, promise, set_side_packet
from graphframe.framework.running.scheduling.tasks import take_back


def end_task(run: RunState, task: NodeTask, error: GraphError | None) -> None:
    """Deliver the results of a task, or fail the run with `error`; then the task is idle again."""
    node = task.state
    if error is None:
        try:
            for position, packet in task.sent:
                deliver(run, node.outputs[position], packet)
            if task.effects is not None:
                _take_effects(run, task, task.effects)
        except Exception as cause:
            error = blamed(cause, task)
    take_back(task)
    if error is not None:
        drop_work(run, error)
        if task.phase is CLOSE:
            mark_closed(run, node)
        close_all(run)
    elif task.phase is CLOSE:
        mark_closed(run, node)
    else:
        if task.phase is PROCESS and node.policy.ordered and not node.plan.is_source:
            promise(run, node, task.timestamp + 1)
        run.touch(node)


def blamed(cause: Exception, task: NodeTask) -> GraphError:
    """Return the error of a run in which the delivery of a task's results raised `cause`."""
    if isinstance(cause, GraphError):
        return cause
    offset = task.state.offset
    if isinstance(cause, ValueError) and task.phase is CLOSE and offset is not None:
        hint = f"timestamp_offset = {offset} promised that; a calculator that keeps packets until close needs None"
        cause = ValueError(f"{cause}; {hint}")
    return task.failure(cause)


def _take_effects(run: RunState, task: NodeTask, effects: Effects) -> None:
    node = task.state
    for position, value in effects.side_packets:
        set_side_packet(run, node.plan.side_outputs[position].number, value)
    for position, bound in effects.bounds:
        advance(run, node.outputs[position], bound)
    if effects.sets_offset:
        node.offset = effects.offset
    if effects.stopped:
        if node.plan.is_source:
            stop_source(run, node)
        else:
            stop(run)
