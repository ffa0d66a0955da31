"""One run of a loaded graph: drives the scheduler, from whichever thread has something to tell it.

Everything that happens to a run goes through its mailbox. Who posts becomes the driver unless somebody drives already,
and the driver works off the mailbox and the tasks that run inline. So the scheduler is only ever touched by one thread
at a time, and nobody waits for a lock.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from graphframe.framework.calculator import Calculator
from graphframe.framework.cancellation import Cancellation
from graphframe.framework.context import Context
from graphframe.framework.errors import CalculatorError, Cancelled, GraphError, did_you_mean
from graphframe.framework.packet import Packet
from graphframe.framework.plan import NodePlan, Plan
from graphframe.framework.scheduler import OPEN, PROCESS, NodeState, Scheduler
from graphframe.framework.timestamp import Timestamp

_log = logging.getLogger(__name__)


class Run:
    """A run; made by `Graph.start_run`.

    Attributes
    ----------
    done : bool
        Whether it has ended.
    error : Exception or None
        Why it failed: a `CalculatorError`, `Cancelled`, or another `GraphError`.
    """

    def __init__(
        self,
        plan: Plan,
        calculators: Sequence[Calculator],
        executors: Sequence[Executor | None],
        side_packets: Mapping[str, Any],
        observers: Mapping[int, Callable[[Packet], None]],
        on_progress: Callable[[str, int, int], None] | None,
    ) -> None:
        self.done = False
        self.error: BaseException | None = None
        self.cancellation = Cancellation()
        self._plan = plan
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
        """Put a packet on an input stream of the graph.

        Parameters
        ----------
        stream : str
            Its tag or its name.
        value : object
        timestamp : int

        Raises
        ------
        GraphError
            If there is no such stream, or the run has failed.
        TypeError
            If a consumer of the stream takes another type.
        """
        number = self._plan.inputs.get(stream)
        if number is None:
            raise self._unknown_input(stream)
        type_ = self._plan.input_types.get(number, object)
        if not isinstance(value, type_):
            raise TypeError(f'input stream "{stream}" takes {type_.__name__}, not {type(value).__name__}')
        self._post(self._scheduler.add, number, Packet(value, timestamp))
        if self.error is not None:
            raise self.error

    def set_bound(self, stream: str, bound: int) -> None:
        """Promise that no packet before `bound` will be put on an input stream of the graph."""
        number = self._plan.inputs.get(stream)
        if number is None:
            raise self._unknown_input(stream)
        self._post(self._scheduler.set_bound, number, bound)

    def close_input(self, stream: str) -> None:
        """Close one input stream of the graph."""
        self.set_bound(stream, Timestamp.DONE)

    def close_inputs(self) -> None:
        """Close all input streams of the graph; the run ends when what is under way is done."""
        self._post(self._scheduler.close_inputs)

    def cancel(self, reason: str = "the run was cancelled") -> None:
        """Stop the run as soon as those who work for it let go. Nothing happens if it has ended."""
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
        if self.error is not None:
            raise self.error

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
        if self.error is not None:
            raise self.error

    def _post(self, call: Callable[..., None], *args: Any) -> None:
        self._mailbox.append((call, args))
        self._drive()

    def _drive(self) -> None:
        mailbox = self._mailbox
        while mailbox and self._driving.acquire(blocking=False):
            try:
                while mailbox:
                    call, args = mailbox.popleft()
                    try:
                        call(*args)
                    except Exception as error:
                        self._fail(error)
                    self._work()
            finally:
                self._driving.release()

    def _fail(self, cause: Exception) -> None:
        """End the run because the scheduler refused something, or an observer that it called raised."""
        error = cause
        if not isinstance(cause, GraphError):
            error = GraphError(f"an observer of the run failed: {type(cause).__name__}: {cause}")
            error.__cause__ = cause
        self._scheduler.fail(error)
        self.cancellation.cancel(f"the run failed: {error}")

    def _work(self) -> None:
        """Do what can be done inline, hand out the rest, until a message or the end comes."""
        scheduler, mailbox = self._scheduler, self._mailbox
        while not mailbox and (node := scheduler.next()) is not None:
            executor = self._executors[node.index]
            if executor is None:
                error = self._call(node)
                try:
                    self._finish(node, error)
                except Exception as cause:
                    self._fail(cause)
            else:
                executor.submit(self._call_elsewhere, node)
        if scheduler.error is not None:
            self.error = scheduler.error
        if scheduler.done and not self.done:
            self.done = True
            self._workers = []
        if self._done_callbacks and self.done:
            self._notify(self._done_callbacks, self)
        if self._idle_callbacks and scheduler.idle:
            self._notify(self._idle_callbacks)

    def _notify(self, callbacks: list[Any], *args: Any) -> None:
        while callbacks:
            try:
                callbacks.pop(0)(*args)
            except Exception:
                _log.exception("a callback of a run failed")

    def _call_elsewhere(self, node: NodeState) -> None:
        self._post(self._finish, node, self._call(node))

    def _call(self, node: NodeState) -> BaseException | None:
        """Call the method of the calculator that the node's task names."""
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
        except Cancelled as error:
            return error if self.cancellation.cancelled else self._calculator_error(node, error)
        except Exception as cause:
            return self._calculator_error(node, cause)
        return None

    def _calculator_error(self, node: NodeState, cause: Exception) -> CalculatorError:
        name = node.plan.calculator.__name__
        return CalculatorError(node.plan.name, name, node.phase.value, node.timestamp, cause)

    def _finish(self, node: NodeState, error: BaseException | None) -> None:
        context = self._workers[node.index][1]
        context.packets = ()
        sent, context.sent = context.sent, []
        side_packets, context.side_packets_set = context.side_packets_set, []
        if error is not None:
            self.cancellation.cancel(f"the run failed: {error}")
        self._scheduler.finish(node, sent, side_packets, error)

    def _flush(self, node: NodePlan, sent: list[tuple[int, Packet]]) -> None:
        self._post(self._scheduler.flush, node, sent)

    def _unknown_input(self, stream: str) -> GraphError:
        names = ", ".join(sorted(self._plan.inputs))
        return GraphError(
            f'the graph has no input stream "{stream}"{did_you_mean(stream, self._plan.inputs)}; it has: {names}'
        )
