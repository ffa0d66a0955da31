"""How a run fails, stops and ends, and how it goes on when no node can work."""

from __future__ import annotations

from collections import deque
from heapq import heapify
from typing import Final

from graphframe.framework.errors import GraphError
from graphframe.framework.running.invocation import PROCESS
from graphframe.framework.running.scheduling.closing import close_node, mark_closed
from graphframe.framework.running.scheduling.explanation import explain
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import NodeState, NodeTask, StreamState
from graphframe.framework.running.scheduling.steps import settle, stop_source
from graphframe.framework.running.scheduling.streams import close_input, release
from graphframe.framework.running.scheduling.tasks import take_back
from graphframe.framework.running.scheduling.throttle import Throttle
from graphframe.framework.timestamp import Timestamp

_DONE: Final = Timestamp.DONE


def fail(run: RunState, error: GraphError) -> None:
    """Fail a run: no packet is processed any more, and open nodes close once no task works."""
    if not run.done:
        drop_work(run, error)
        close_all(run)


def drop_work(run: RunState, error: GraphError) -> None:
    """Set the error of a run, unless it has one, and drop the tasks that do not work yet."""
    if run.error is None:
        run.error = error
        for _, task in run.ready:
            take_back(task)
        run.ready.clear()
        run.touched.clear()


def close_all(run: RunState) -> None:
    """Close all nodes of a failed run, once no task works."""
    if run.busy or run.ready:
        return
    for node in run.nodes:
        for task in tuple(node.working):  # it has returned, and waited for an earlier one
            take_back(task)
        if node.closed:
            continue
        if node.opened:
            close_node(run, node)
        else:
            mark_closed(run, node)


def recover(run: RunState) -> None:
    """Make the state of a run consistent after an exception left it half changed: no task works or is ready."""
    run.fault = None
    run.ready.clear()
    run.touched.clear()
    run.busy = 0
    waiting = run.throttle.waiting
    run.throttle = Throttle(run.plan)
    run.throttle.waiting = waiting
    for node in run.nodes:
        node.touched = False
        node.working = deque()
        if not node.closed:
            node.idle = [NodeTask(node) for _ in range(node.most)]
            for task in node.idle if node.opened else ():
                task.side_packets = [run.side_packets[connection.number] for connection in node.plan.side_inputs]
            for item in node.inputs:
                item.full = False
    run.unclosed = sum(not node.closed for node in run.nodes)
    for node in run.nodes:
        if node.closing and not node.closed:
            mark_closed(run, node)


def stop(run: RunState) -> None:
    """Stop all sources, and close all input streams of the graph."""
    run.stopped = True
    for entry in [entry for entry in run.ready if entry[1].state.plan.is_source and entry[1].phase is PROCESS]:
        run.ready.remove(entry)
        take_back(entry[1])
    heapify(run.ready)
    for node in run.sources:
        stop_source(run, node)
    close_inputs(run)


def close_inputs(run: RunState) -> None:
    """Close all input streams of the graph."""
    if run.error is None:
        for stream in tuple(run.open_inputs):
            close_input(run, stream)
        settle(run)


def go_on(run: RunState) -> bool:
    """Do what lets a run go on when no task works or could; return whether anything changed."""
    full = run.throttle.full
    if run.open_inputs and not full and not run.sources:
        return False
    if run.error is not None or not run.unclosed or not run.started:
        return False
    if full and not run.plan.report_deadlock:
        release(run, run.throttle.relieve())
        settle(run)
        return True
    sources = [node for node in run.sources if not node.closed]
    active = [node for node in sources if node.opened and node.plan.source_layer <= run.layer]
    if full and run.throttle.blocks(~node.plan.info.index for node in active):
        return _give_up(run, "the run is in a deadlock: queues are full")
    if _enter_next_layer(run, sources):
        return True
    if run.open_inputs or active:
        return False
    return _cut_back_edges(run) or _give_up(run, "the run cannot go on, and no packet can be added")


def _enter_next_layer(run: RunState, sources: list[NodeState]) -> bool:
    """Let the sources of the next layer process, once all of lower layers are closed."""
    waiting = min((node.plan.source_layer for node in sources), default=run.layer)
    if waiting <= run.layer:
        return False
    run.layer = waiting
    for node in sources:
        run.touch(node)
    settle(run)
    return True


def _cut_back_edges(run: RunState) -> bool:
    """Close the back edges, on which no packet can arrive any more."""
    cut = [
        item
        for node in run.nodes
        for item, connection in zip(node.inputs, node.plan.inputs, strict=False)
        if connection.back_edge and item.stream.bound != _DONE
    ]
    for item in cut:
        item.stream.consumers.remove(item)
        item.stream = StreamState(item.stream.name, item.stream.number)
        item.stream.bound = _DONE
        run.touch(item.node)
    settle(run)
    return bool(cut)


def _give_up(run: RunState, why: str) -> bool:
    fail(run, GraphError(f"{why}\n{explain(run)}"))
    return bool(run.ready)
