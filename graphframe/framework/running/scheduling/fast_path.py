"""The speed copies of the engine: the scheduler's decisions for most packets, in fewer calls.

This file repeats decisions of `streams`, `steps`, `tasks` and `results`, and makes none of its own. A run without it
gives the same results: set `ENABLED` to False.
"""

from __future__ import annotations

from heapq import heappush
from typing import Final

from typing_extensions import override

from graphframe.framework.errors import GraphError
from graphframe.framework.packet import Packet
from graphframe.framework.running.invocation import PROCESS
from graphframe.framework.running.scheduling.results import blamed
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.scheduler import RunScheduler
from graphframe.framework.running.scheduling.state import NodeTask, StreamState
from graphframe.framework.running.scheduling.steps import process_single_input, settle
from graphframe.framework.running.scheduling.streams import advance, check, promise, show
from graphframe.framework.timestamp import Timestamp

ENABLED = True
"""Whether new runs use `FastScheduler`."""

_MIN: Final = Timestamp.MIN
_MAX: Final = Timestamp.MAX


def deliver_and_schedule(run: RunState, stream: StreamState, packet: Packet) -> None:
    """Do the same as `deliver`; nodes that only wait for this packet are scheduled at once."""
    timestamp = packet[1]
    if _MIN <= timestamp < _MAX and stream.bound <= timestamp:
        stream.bound = timestamp + 1
    else:
        check(stream, timestamp)
        stream.bound = max(stream.bound, Timestamp.next_allowed_in_stream(timestamp))
    stream.used = True
    if stream.observers:
        show(run, stream, packet)
    for item in stream.consumers:
        node = item.node
        queue = item.queue
        if node.step is process_single_input and node.idle and not queue:
            task = node.idle.pop()
            task.phase = PROCESS
            task.timestamp = node.processed = timestamp
            task.packets = (packet,)
            heappush(run.ready, (node.priority, task))
            if run.on_schedule is not None:
                run.on_schedule(task)
            continue
        queue.append(packet)
        if len(queue) >= item.limit and not item.full:
            run.throttle.fill(item)
        if not node.touched:
            node.touched = True
            run.touched.append(node)


class FastScheduler(RunScheduler):
    """A `RunScheduler` that is faster for plain nodes: most tasks are calls of ``process`` with packets as results."""

    deliver = staticmethod(deliver_and_schedule)

    @override
    def finish(self, task: NodeTask, error: GraphError | None = None) -> None:
        run, node = self.run, task.state
        if not node.plain or task.phase is not PROCESS or task.effects is not None or error or run.error:
            super().finish(task, error)
            return
        try:
            for position, packet in task.sent:
                deliver_and_schedule(run, node.outputs[position], packet)
        except Exception as cause:
            super().finish(task, blamed(cause, task))
            return
        run.busy -= 1
        task.packets = ()
        task.sent.clear()
        node.idle.append(task)
        settled = task.timestamp + 1
        if node.offset == 0:
            for stream in node.outputs:
                if settled > stream.bound:
                    advance(run, stream, settled)
        else:
            promise(run, node, settled)
        for item in node.inputs:
            if item.queue or item.stream.bound > settled:
                run.touch(node)
                break
        if run.touched:
            settle(run)
