"""The rules for a node's next move. Each is one function; a node holds the one that applies to it now.

`NodeState.step` is taken when something that the node waits for has changed and one of its tasks is idle.
"""

from __future__ import annotations

from typing import Final

from graphframe.framework.errors import GraphError, describe
from graphframe.framework.input_policy.policy import READY, WAIT, Readiness, least, settled_before
from graphframe.framework.planning.plan import NodePlan
from graphframe.framework.running.invocation import OPEN, PROCESS
from graphframe.framework.running.scheduling.closing import close_node, rest
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import NodeState, Step
from graphframe.framework.running.scheduling.streams import promise, release
from graphframe.framework.running.scheduling.tasks import schedule
from graphframe.framework.timestamp import Timestamp

_DONE: Final = Timestamp.DONE
_AFTER_OTHERS: Final = 1 << 40
"""Added to the priority of a source: other nodes empty the queues first."""


def make_nodes(run: RunState) -> None:
    """Give a run its nodes, each with its first step."""
    for plan in run.plan.nodes:
        work = working_step(plan)
        step = work if plan.opens_at_once else open_node
        run.nodes.append(NodeState(plan, run.streams, run.queue_limit, work, step))
    run.sources = [run.nodes[index] for index in run.plan.sources]
    run.layer = min((node.plan.source_layer for node in run.sources), default=0)


def working_step(plan: NodePlan) -> Step:
    """Return the step of a node that is open."""
    if plan.is_single:
        return process_single_input
    if plan.is_source:
        return process_source
    if plan.info.process_timestamp_bounds:
        return process_inputs_and_bounds
    return process_inputs


def settle(run: RunState) -> None:
    """Take all steps that are due, until no node can do more."""
    touched = run.touched
    while touched:
        node = touched.popleft()
        node.touched = False
        if node.idle:
            try:
                node.step(run, node)
            except Exception as cause:
                name = node.plan.info.name
                run.fault = GraphError(f'the input policy of node "{name}" failed: {describe(cause)}')
                run.fault.__cause__ = cause


def open_node(run: RunState, node: NodeState) -> None:
    """Open a node once all its side packets are set. Tasks that open nodes come before all others."""
    numbers = [connection.number for connection in node.plan.side_inputs]
    if all(run.has_side_packet(number) for number in numbers):
        values = [run.side_packets[number] for number in numbers]
        for task in node.idle:
            task.side_packets = values
        node.step = rest
        schedule(run, node, OPEN, Timestamp.UNSTARTED, priority=node.plan.info.index - 3 * len(run.nodes))


def begin_work(node: NodeState) -> None:
    """Note that a node is open: it may process, or close."""
    node.opened = True
    node.step = node.work


def process_single_input(run: RunState, node: NodeState) -> None:
    """Process the packets of one stream as they arrive; pass its bound on, and close with it."""
    (item,) = node.inputs
    if item.queue:
        packet = item.queue.popleft()
        schedule(run, node, PROCESS, packet[1], (packet,))
        if item.full:
            release(run, run.throttle.drain(node.inputs))
    elif item.stream.bound == _DONE:
        close_node(run, node)
    else:
        promise(run, node, item.stream.bound)


def process_inputs(run: RunState, node: NodeState) -> None:
    """Process the input sets that the node's policy finds; if it does not work, pass bounds on or close."""
    readiness, timestamp = _process_ready(run, node)
    if len(node.idle) < node.most:
        return
    if readiness is WAIT:
        promise(run, node, timestamp)
    else:
        close_node(run, node)


def process_inputs_and_bounds(run: RunState, node: NodeState) -> None:
    """Do the same as `process_inputs`, and process each timestamp that settles without packets."""
    readiness, timestamp = _process_ready(run, node)
    if len(node.idle) < node.most:
        return
    settled = settled_before(timestamp)
    if readiness is not WAIT:
        close_node(run, node)
    elif node.policy.ordered and settled > node.processed:
        task = schedule(run, node, PROCESS, settled, [None] * len(node.inputs))
        task.bounds = [least(item) for item in node.inputs]
    else:
        promise(run, node, timestamp)


def process_source(run: RunState, node: NodeState) -> None:
    """Call a source again unless it is throttled or waits for its layer."""
    index, layer = node.plan.info.index, node.plan.source_layer
    if layer <= run.layer and not run.throttle.held.get(~index):
        reached = min((stream.bound for stream in node.outputs), default=0) - Timestamp.UNSET
        # By layer, then the source that is least advanced, then the order of the nodes.
        schedule(run, node, PROCESS, 0, priority=_AFTER_OTHERS + (((layer << 65) + reached) << 20) + index)


def stop_source(run: RunState, node: NodeState) -> None:
    """Let a source close at its next step, after it has opened."""
    node.work = close_node
    if node.step is process_source:
        node.step = close_node
    run.touch(node)


def _process_ready(run: RunState, node: NodeState) -> tuple[Readiness, int]:
    """Process input sets while there are any and a task is idle; return what the policy said last."""
    policy, inputs = node.policy, node.inputs
    while True:
        readiness, timestamp = policy.readiness(inputs)
        if readiness is not READY:
            break
        task = schedule(run, node, PROCESS, timestamp, policy.take(inputs, timestamp))
        if node.plan.info.process_timestamp_bounds:
            task.bounds = [least(item) for item in inputs]
        if not node.idle:
            break
    if run.throttle.full:  # policies drop packets as well, so queues can be shorter without an input set
        release(run, run.throttle.drain(inputs))
    return readiness, timestamp
