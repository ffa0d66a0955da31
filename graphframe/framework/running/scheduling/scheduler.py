"""The core of a run: a state machine that decides which node works next. It has no threads and no clock.

A driver adds packets, takes tasks with `next`, does them, and returns each with `finish`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from heapq import heappop

from graphframe.framework.errors import GraphError, text_of
from graphframe.framework.packet import Packet
from graphframe.framework.running.invocation import OPEN
from graphframe.framework.running.scheduling import endings
from graphframe.framework.running.scheduling.results import blamed, end_task
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import NodeTask
from graphframe.framework.running.scheduling.steps import begin_work, make_nodes, settle
from graphframe.framework.running.scheduling.streams import advance, close_input, deliver, release
from graphframe.framework.timestamp import Timestamp


class RunScheduler:
    """Schedules the nodes of one run.

    Its methods do not raise for errors of the application or a calculator: the run fails instead.

    Parameters
    ----------
    run : RunState
    """

    deliver = staticmethod(deliver)

    def __init__(self, run: RunState) -> None:
        self.run = run
        make_nodes(run)

    def start(self) -> None:
        """Let the nodes open."""
        run = self.run
        run.started = True
        for node in run.nodes:
            if not (node.plain and node.opened and node.inputs):  # such a node waits for packets
                run.touch(node)
        settle(run)

    def add(self, number: int, packet: Packet) -> None:
        """Put a packet on an input stream of the graph."""
        run = self.run
        if run.error is None and not run.stopped:
            try:
                self.deliver(run, run.streams[number], packet)
            except Exception as error:
                endings.fail(run, error if isinstance(error, GraphError) else GraphError(text_of(error)))
            if run.touched:
                settle(run)

    def set_bound(self, number: int, bound: int) -> None:
        """Promise that no packet before `bound` comes on an input stream of the graph; `Timestamp.DONE` closes it."""
        run = self.run
        if run.error is None:
            stream = run.streams[number]
            if bound >= Timestamp.DONE:
                close_input(run, stream)
            else:
                advance(run, stream, bound)
            settle(run)

    def limit(self, number: int, size: int) -> None:
        """Set how many packets of a stream may wait at each of its readers; -1 for any number."""
        run = self.run
        readers = run.streams[number].consumers
        for item in readers:
            item.limit = size if size > 0 else sys.maxsize
            if len(item.queue) >= item.limit and not item.full:
                run.throttle.fill(item)
        release(run, run.throttle.drain(readers))
        settle(run)

    def close_inputs(self) -> None:
        """Close all input streams of the graph."""
        endings.close_inputs(self.run)

    def stop(self) -> None:
        """Stop all sources and close all input streams of the graph. Queued packets are still processed.

        Packets that are added later are dropped: the caller could not know.
        """
        endings.stop(self.run)

    def fail(self, error: GraphError) -> None:
        """Fail the run: no packet is processed any more, and open nodes close once no task works."""
        endings.fail(self.run, error)

    def release(self, number: int) -> None:
        """Take back one `Throttle.hold` of a stream."""
        run = self.run
        origins = run.throttle.release(number)
        if run.error is None:
            release(run, origins)
            settle(run)

    def next(self) -> NodeTask | None:
        """Return the task to do next, or None if there is none now."""
        run = self.run
        if run.fault is not None:
            endings.drop_work(run, run.fault)
            run.fault = None
            endings.close_all(run)
        while not run.ready:
            if run.busy or not endings.go_on(run):
                return None
        run.busy += 1
        return heappop(run.ready)[1]

    def flush(self, task: NodeTask, sent: Sequence[tuple[int, Packet]]) -> None:
        """Deliver packets that a node sent while it still works."""
        run, node = self.run, task.state
        if run.error is not None:
            return
        if node.most > 1 and node.working[0] is not task:
            task.flushed = (*task.flushed, *sent)
            return
        try:
            for position, packet in sent:
                self.deliver(run, node.outputs[position], packet)
        except Exception as error:
            endings.fail(run, blamed(error, task))
        settle(run)

    def finish(self, task: NodeTask, error: GraphError | None = None) -> None:
        """Take back a task, with its results or with the error that it failed with.

        The results of a node with several tasks are delivered in the order of its input sets.
        """
        run, node = self.run, task.state
        run.busy -= 1
        if task.phase is OPEN and error is None:
            begin_work(node)
        error = error or run.error
        if node.most == 1:
            end_task(run, task, error)
        elif error is None and node.working[0] is not task:
            task.finished = True
        else:
            end_task(run, task, error)
            self._end_finished(task)
        if run.touched:
            settle(run)

    def _end_finished(self, task: NodeTask) -> None:
        """End the tasks that have waited for `task`, up to the first that still works."""
        working = task.state.working
        while working:
            first = working[0]
            if first.flushed:
                flushed, first.flushed = first.flushed, ()
                self.flush(first, flushed)
            if not first.finished:
                break
            end_task(self.run, first, self.run.error)
