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
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from graphframe.framework.calculator import Calculator
from graphframe.framework.errors import Cancelled, GraphError
from graphframe.framework.packet import Packet, new_packet
from graphframe.framework.planning.plan import Plan
from graphframe.framework.running.cancellation import Cancellation
from graphframe.framework.running.context import Context
from graphframe.framework.running.explanation import explain
from graphframe.framework.running.invocation import CLOSE, OPEN, PROCESS, Invocation
from graphframe.framework.running.poller import Poller
from graphframe.framework.running.scheduler import Scheduler
from graphframe.framework.running.state import NodeTask
from graphframe.framework.timestamp import Timestamp

_log = logging.getLogger(__name__)
_PATIENCE = 1.0
"""Seconds that `Run.explain` waits for its turn: only observers and callbacks can hold a run up."""


class Tracer(Protocol):
    """An observer of the calls of calculators in a run; called from the run's threads."""

    def ready(self, call: Invocation) -> None:
        """A calculator can be called."""

    def begin(self, call: Invocation) -> None:
        """The calculator is called, in this thread."""

    def end(self, call: Invocation) -> None:
        """The calculator has returned or raised, in this thread."""


class Run:
    """A run; made by `Graph.start_run`.

    Attributes
    ----------
    done : bool
        Whether it has ended.
    error : GraphError or None
        Why it failed: a `CalculatorError`, `Cancelled`, or another `GraphError`.
    cancellation : Cancellation
    pollers : dict of str to Poller
        Those that `Graph.start_run` was asked for.
    """

    def __init__(
        self,
        plan: Plan,
        calculators: Sequence[Calculator],
        executors: Mapping[str, Executor | None],
        side_packets: Mapping[int, Any],
        on_progress: Callable[[str, int, int], None] | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self.done = False
        self.error: GraphError | None = None
        self.cancellation = Cancellation()
        self.pollers: dict[str, Poller] = {}
        self._inputs = plan.inputs
        self._plan = plan
        self._executors = executors
        self._has_threads = any(executors.values())
        self._calculators = calculators
        self._tracer = tracer
        self._on_progress = on_progress
        self._contexts: dict[NodeTask, Context] = {}
        self._scheduler = Scheduler(plan, side_packets)
        if tracer is not None:
            self._scheduler.on_schedule = tracer.ready
        self._mailbox: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._driving = threading.Lock()
        self._working: set[int] = set()
        self._done_callbacks: list[Callable[[Run], None]] = []
        self._error_callbacks: list[Callable[[GraphError], None]] = []
        self._idle_callbacks: list[Callable[[], None]] = []

    def observe(
        self,
        stream: int,
        on_packet: Callable[[Packet], None] | None = None,
        on_bound: Callable[[int], None] | None = None,
    ) -> None:
        """Call `on_packet` with the packets of a stream, and `on_bound` with its bounds; before the run starts."""
        state = self._scheduler.streams[stream]
        if on_packet is not None:
            state.observers = (*state.observers, on_packet)
        if on_bound is not None:
            state.bound_observers = (*state.bound_observers, on_bound)

    def poll(self, key: str) -> None:
        """Make a poller of an output stream; before the run starts."""
        stream = self._plan.outputs.number(key)
        scheduler = self._scheduler
        poller = Poller(
            key,
            self._plan.max_queue_size,
            partial(scheduler.throttle.hold, stream),
            partial(self._post, scheduler.let_go, stream),
        )
        self.observe(stream, poller.put, poller.settle)
        poller.attach(self)
        self.pollers[key] = poller

    def start(self) -> None:
        """Let the nodes open. `Graph.start_run` has done this."""
        self._post(self._scheduler.start)

    def add(self, stream: str, value: Any, timestamp: int = 0) -> None:
        """Put a packet on an input stream of the graph. A timestamp that the stream cannot take fails the run.

        Blocks while the stream is throttled, because a queue that its packets come to is full; but not in a thread that
        works for the run.

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
        number = inputs.numbers.get(stream, -1)
        if number < 0 or number in inputs.types:
            inputs.check(stream, value)
        held = self._scheduler.throttle.held
        while (
            held
            and held.get(number, 0) > 0
            and self.error is None
            and not self.done
            and not self._waits_for_this_thread()
        ):
            self._wait_for_room(number)
        self._put(stream, number, value, timestamp)

    def try_add(self, stream: str, value: Any, timestamp: int = 0) -> bool:
        """As `add`, but returns False at once if the stream is throttled."""
        number = self._inputs.number(stream)
        self._inputs.check(stream, value)
        if self._scheduler.throttle.held.get(number, 0) > 0:
            return False
        self._put(stream, number, value, timestamp)
        return True

    def _put(self, stream: str, number: int, value: Any, timestamp: int) -> None:
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

    def stop(self) -> None:
        """Stop all sources and close all input streams of the graph; the run ends when what is under way is done."""
        self._post(self._scheduler.stop)

    def side_packet(self, key: str) -> Any:
        """The value of an output side packet of the graph, by tag or name.

        Raises
        ------
        GraphError
            If there is no such side packet, or it is not set yet.
        """
        number = self._plan.side_outputs.number(key)
        if not self._scheduler.has_side_packet(number):
            raise GraphError(f'the output side packet "{key}" is not set yet')
        return self._scheduler.side_packets[number]

    def explain(self) -> str:
        """What every node that has not closed waits for: which stream, up to which timestamp, and what is queued."""
        if self._scheduler.observing == threading.get_ident():
            return explain(self._scheduler)
        found: list[str] = []
        made = threading.Event()

        def make() -> None:
            found.append(explain(self._scheduler))
            made.set()

        self._post(make)
        if not made.wait(_PATIENCE):
            holder = self._scheduler.observing
            name = next((thread.name for thread in threading.enumerate() if thread.ident == holder), "unknown")
            return f'the run is held up by an observer or callback in thread "{name}", which has not returned'
        return found[0]

    def cancel(self, reason: str = "the run was cancelled") -> None:
        """Stop the run as soon as those who work for it let go. Nothing happens if it has ended."""
        if not self.done:
            self.cancellation.cancel(reason)
            self._post(self._scheduler.fail, Cancelled(reason))

    def add_done_callback(self, callback: Callable[[Run], None]) -> None:
        """Call `callback` with the run when it has ended, from the thread that ends it; at once if it has."""
        self._post(self._done_callbacks.append, callback)

    def add_error_callback(self, callback: Callable[[GraphError], None]) -> None:
        """Call `callback` with the run's error as soon as it fails, while nodes may still work; at once if it has."""
        self._post(self._error_callbacks.append, callback)

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
            self.check_may_wait()
            ended = threading.Event()

            def end(_: Run) -> None:
                ended.set()

            self.add_done_callback(end)
            if not ended.wait(timeout):
                self._post(_forget, self._done_callbacks, end)
                raise TimeoutError(f"the run has not ended after {timeout:g} s\n{self.explain()}")
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
        self.check_may_wait()
        idle = threading.Event()
        self._post(self._idle_callbacks.append, idle.set)
        if not idle.wait(timeout):
            self._post(_forget, self._idle_callbacks, idle.set)
            raise TimeoutError(f"the run is not idle after {timeout:g} s\n{self.explain()}")
        self._raise_error()

    def _waits_for_this_thread(self) -> bool:
        ident = threading.get_ident()
        return ident in self._working or ident == self._scheduler.observing

    def check_may_wait(self) -> None:
        """Raise GraphError in a thread that the run waits for."""
        if self._waits_for_this_thread():
            raise GraphError("a calculator, observer or callback of a run cannot wait for that run, which waits for it")

    def _raise_error(self) -> None:
        if self.error is None:
            return
        interrupted = isinstance(self.error.__cause__, KeyboardInterrupt)
        if interrupted and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt from self.error
        raise self.error

    def _wait_for_room(self, stream: int) -> None:
        """Block until a graph input stream is not throttled any more, or the run has ended."""
        room = threading.Event()

        def wait() -> None:
            throttle = self._scheduler.throttle
            if throttle.held.get(stream, 0) > 0 and self._scheduler.error is None and not self.done:
                throttle.waiting.append((stream, room.set))
            else:
                room.set()

        self._post(wait)
        room.wait()

    def _make_room(self) -> None:
        throttle = self._scheduler.throttle
        waiting, throttle.waiting = throttle.waiting, []
        for _, wake in waiting:
            wake()

    def _post(self, call: Callable[..., None], *args: Any) -> None:
        self._mailbox.append((call, args))
        self._drive()

    def _drive(self) -> None:
        """Drive the run unless somebody does, who will find what was posted then."""
        mailbox, driving = self._mailbox, self._driving
        while mailbox and driving.acquire(False):
            try:
                task = self._next_inline()
            finally:
                driving.release()
            if task is not None:
                self._work(task)

    def _work(self, task: NodeTask) -> None:
        """Do a task inline, and those that follow from it until somebody else drives."""
        mailbox, driving, ident = self._mailbox, self._driving, threading.get_ident()
        nested = ident in self._working
        self._working.add(ident)
        following: NodeTask | None = task
        try:
            while following is not None:
                task = following
                if mailbox:  # posted by somebody who could not drive; it must not wait for the task
                    self._drive()
                error = self._call(task)
                if mailbox or not driving.acquire(False):  # what it flushed may wait there, and comes first
                    mailbox.append((self._scheduler.finish, (task, error)))
                    break
                try:
                    self._scheduler.finish(task, error)
                    following = self._next_inline()
                finally:
                    driving.release()
        finally:
            if not nested:
                self._working.discard(ident)

    def _next_inline(self) -> NodeTask | None:
        """Work off the mailbox, and hand out tasks until one is to run inline, or there are none."""
        scheduler = self._scheduler
        while True:
            while self._mailbox:
                call, args = self._mailbox.popleft()
                call(*args)
            task = scheduler.next()
            if scheduler.error is not None and self.error is None:
                self.error = scheduler.error
                self.cancellation.cancel(f"the run failed: {self.error}")
                self._make_room()
                self._notify()
            if scheduler.released:
                scheduler.released = False
                self._make_room()
            if task is None:
                self._notify()
                return None
            executor = self._executors[task.state.plan.executor] if self._has_threads else None
            if executor is None:
                return task
            try:
                executor.submit(self._call_elsewhere, task)
            except RuntimeError as cause:
                error = GraphError(f'the graph was closed before node "{task.node.name}" could work: {cause}')
                scheduler.finish(task, error)

    def _notify(self) -> None:
        """Tell those who wait for the end, for the run to be idle, or for room."""
        if self._scheduler.done and not self.done:
            self.done = True
            self._calculators = ()
            self._contexts = {}  # they refer to the run: so it is free of reference cycles
        callbacks: list[Callable[[], None]] = []
        if self._error_callbacks and self.error is not None:
            callbacks += [partial(callback, self.error) for callback in self._error_callbacks]
            self._error_callbacks.clear()
        if self.done:
            self._make_room()
        if self._done_callbacks and self.done:
            callbacks += [partial(callback, self) for callback in self._done_callbacks]
            self._done_callbacks.clear()
        if self._idle_callbacks and self._scheduler.idle:
            callbacks += self._idle_callbacks
            self._idle_callbacks.clear()
        self._scheduler.observing = threading.get_ident() if callbacks else 0
        for callback in callbacks:
            try:
                callback()
            except Exception:
                _log.exception("a callback of a run failed")
        self._scheduler.observing = 0

    def _call_elsewhere(self, task: NodeTask) -> None:
        error = None if task.phase is CLOSE else self.error  # it may have failed since the task waits for a thread
        if error is None:
            self._working.add(threading.get_ident())
            error = self._call(task)
            self._working.discard(threading.get_ident())
        self._post(self._scheduler.finish, task, error)

    def _call(self, task: NodeTask) -> GraphError | None:
        """Call the method of the calculator that a task names. Whatever it raises only ends the run."""
        cc = self._contexts.get(task)
        if cc is None:
            cc = self._contexts[task] = Context(task, self.cancellation, self._flush, self._on_progress)
        calculator = self._calculators[task.node.index]
        tracer = self._tracer
        try:
            if tracer is not None:
                tracer.begin(task)
            if task.phase is PROCESS:
                calculator.process(cc)
            elif task.phase is OPEN:
                calculator.open(cc)
            else:
                calculator.close(cc)
        except BaseException as cause:
            if isinstance(cause, Cancelled) and self.cancellation.cancelled:
                return cause.with_traceback(None)
            return task.failure(cause)
        finally:
            if tracer is not None:
                tracer.end(task)
        return None

    def _flush(self, call: Invocation, sent: list[tuple[int, Packet]]) -> None:
        assert isinstance(call, NodeTask)
        self._post(self._scheduler.flush, call, sent)


def _forget(callbacks: list[Any], callback: object) -> None:
    with suppress(ValueError):  # it is called just now
        callbacks.remove(callback)
