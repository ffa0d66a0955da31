"""One run of a loaded graph: drives the scheduler, from whichever thread has something to tell it.

Everything that happens to a run goes through its mailbox. Who posts becomes the driver unless somebody drives already.
The driver works off the mailbox and hands tasks to executors; a task that runs inline it does when it has stopped
driving. So the scheduler is only touched by one thread at a time, nobody waits for a lock, and no calculator is called
under it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

from graphframe.framework.calculator import Calculator
from graphframe.framework.cancellation import Cancellation
from graphframe.framework.context import Context
from graphframe.framework.errors import Cancelled, GraphError
from graphframe.framework.packet import Packet, new_packet
from graphframe.framework.plan import NodePlan, Plan
from graphframe.framework.scheduler import Scheduler
from graphframe.framework.state import OPEN, PROCESS, NodeState
from graphframe.framework.timestamp import Timestamp

_log = logging.getLogger(__name__)


class Run:
    """A run; made by `Graph.start_run`.

    Attributes
    ----------
    done : bool
        Whether it has ended.
    error : GraphError or None
        Why it failed: a `CalculatorError`, `Cancelled`, or another `GraphError`.
    cancellation : Cancellation
    """

    def __init__(
        self,
        plan: Plan,
        calculators: Sequence[Calculator],
        executors: Sequence[Executor | None],
        side_packets: Mapping[int, Any],
        observers: Iterable[tuple[int, Callable[[Packet], None]]],
        on_progress: Callable[[str, int, int], None] | None,
    ) -> None:
        self.done = False
        self.error: GraphError | None = None
        self.cancellation = Cancellation()
        self._inputs = plan.inputs
        self._executors = executors
        self._scheduler = Scheduler(plan, side_packets, observers)
        self._workers = [
            (calculator, Context(node, self.cancellation, self._flush, on_progress))
            for calculator, node in zip(calculators, plan.nodes, strict=True)
        ]
        self._mailbox: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._driving = threading.Lock()
        self._done_callbacks: list[Callable[[Run], None]] = []
        self._idle_callbacks: list[Callable[[], None]] = []

    def start(self) -> None:
        """Let the nodes open. `Graph.start_run` has done this."""
        self._post(self._scheduler.start)

    def add(self, stream: str, value: Any, timestamp: int = 0) -> None:
        """Put a packet on an input stream of the graph. A timestamp that the stream cannot take fails the run.

        Parameters
        ----------
        stream : str
            Its tag or its name.
        value : object
        timestamp : int

        Raises
        ------
        GraphError
            If there is no such stream, or the run has failed or ended.
        TypeError
            If a consumer of the stream takes another type.
        """
        inputs = self._inputs
        number = inputs.numbers.get(stream)
        if number is None or number in inputs.types:
            inputs.check(stream, value)
        if self.done:
            self._raise_error()
            raise GraphError(f'a packet was added to input stream "{stream}" of a run that has ended')
        self._post(self._scheduler.add, number, new_packet((value, timestamp)))
        if self.error is not None:
            self._raise_error()

    def set_bound(self, stream: str, bound: int) -> None:
        """Promise that no packet before `bound` will be put on an input stream of the graph."""
        self._post(self._scheduler.set_bound, self._inputs.number(stream), bound)

    def close_input(self, stream: str) -> None:
        """Close one input stream of the graph."""
        self.set_bound(stream, Timestamp.DONE)

    def close_inputs(self) -> None:
        """Close all input streams of the graph; the run ends when what is under way is done."""
        self._post(self._scheduler.close_inputs)

    def cancel(self, reason: str = "the run was cancelled") -> None:
        """Stop the run as soon as those who work for it let go. Nothing happens if it has ended."""
        if not self.done:
            self.cancellation.cancel(reason)
            self._post(self._scheduler.fail, Cancelled(reason))

    def add_done_callback(self, callback: Callable[[Run], None]) -> None:
        """Call `callback` with the run when it has ended, from the thread that ends it; at once if it has."""
        self._post(self._done_callbacks.append, callback)

    def wait_until_done(self, timeout: float | None = None) -> None:
        """Block until the run has ended, which needs `close_inputs`, and raise its error if it failed.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run failed.
        TimeoutError
            If it has not ended after `timeout` seconds.
        """
        if not self.done:
            ended = threading.Event()
            self.add_done_callback(lambda _: ended.set())
            if not ended.wait(timeout):
                raise TimeoutError(f"the run has not ended after {timeout:g} s")
        self._raise_error()

    def wait_until_idle(self, timeout: float | None = None) -> None:
        """Block until nothing works and nothing could without another packet; raise the run's error if it failed.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run failed.
        TimeoutError
            If it is not idle after `timeout` seconds.
        """
        idle = threading.Event()
        self._post(self._idle_callbacks.append, idle.set)
        if not idle.wait(timeout):
            raise TimeoutError(f"the run is not idle after {timeout:g} s")
        self._raise_error()

    def _raise_error(self) -> None:
        if self.error is None:
            return
        interrupted = isinstance(self.error.__cause__, KeyboardInterrupt)
        if interrupted and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt from self.error
        raise self.error

    def _post(self, call: Callable[..., None], *args: Any) -> None:
        self._mailbox.append((call, args))
        self._drive()

    def _drive(self) -> None:
        """Drive the run unless somebody does, who will find what was posted then."""
        mailbox, driving = self._mailbox, self._driving
        while mailbox and driving.acquire(False):
            try:
                node = self._next_inline()
            finally:
                driving.release()
            while node is not None:
                if mailbox:  # posted by somebody who could not drive; it must not wait for the node
                    self._drive()
                error = self._call(node)
                if not driving.acquire(False):
                    mailbox.append((self._finish, (node, error)))
                    break
                try:
                    self._finish(node, error)
                    node = self._next_inline()
                finally:
                    driving.release()

    def _next_inline(self) -> NodeState | None:
        """Work off the mailbox, and hand out tasks until one is to run inline, or there are none."""
        scheduler = self._scheduler
        while True:
            while self._mailbox:
                call, args = self._mailbox.popleft()
                call(*args)
            if scheduler.error is not None and self.error is None:
                self.error = scheduler.error
                self.cancellation.cancel(f"the run failed: {self.error}")
            node = scheduler.next()
            if node is None:
                self._notify()
                return None
            executor = self._executors[node.index]
            if executor is None:
                return node
            try:
                executor.submit(self._call_elsewhere, node)
            except RuntimeError as cause:
                error = GraphError(f'the graph was closed before node "{node.plan.name}" could work: {cause}')
                self._finish(node, error)

    def _notify(self) -> None:
        """Tell those who wait for the end, or for the run to be idle."""
        if self._scheduler.done and not self.done:
            self.done = True
            self._workers = []  # their contexts refer to the run
        callbacks: list[Callable[[], None]] = []
        if self._done_callbacks and self.done:
            callbacks += [partial(callback, self) for callback in self._done_callbacks]
            self._done_callbacks.clear()
        if self._idle_callbacks and self._scheduler.idle:
            callbacks += self._idle_callbacks
            self._idle_callbacks.clear()
        for callback in callbacks:
            try:
                callback()
            except Exception:
                _log.exception("a callback of a run failed")

    def _call_elsewhere(self, node: NodeState) -> None:
        self._post(self._finish, node, self._call(node))

    def _call(self, node: NodeState) -> GraphError | None:
        """Call the method of the calculator that the node's task names. Whatever it raises only ends the run."""
        calculator, context = self._workers[node.index]
        context.timestamp = node.timestamp
        context.packets = node.packets
        try:
            if node.phase is PROCESS:
                calculator.process(context)
            elif node.phase is OPEN:
                context.side_packets = self._scheduler.side_packets(node)
                calculator.open(context)
            else:
                calculator.close(context)
        except BaseException as cause:
            if isinstance(cause, Cancelled) and self.cancellation.cancelled:
                return cause.with_traceback(None)
            return node.error(cause)
        return None

    def _finish(self, node: NodeState, error: GraphError | None) -> None:
        context = self._workers[node.index][1]
        context.packets = ()
        self._scheduler.finish(node, context.sent, context.side_packets_set, error)
        context.sent.clear()
        context.side_packets_set.clear()

    def _flush(self, node: NodePlan, sent: list[tuple[int, Packet]]) -> None:
        self._post(self._scheduler.flush, self._scheduler.nodes[node.index], sent)
