"""Drives the scheduler of one run, from whichever thread has something to do with it.

Every event of a run goes through its mailbox. A thread that posts becomes the driver unless another thread drives. The
driver empties the mailbox and hands tasks to executors; a task that runs inline it does after it has stopped driving.
So only one thread at a time touches the scheduler, no thread waits for a lock, and no calculator is called under one.

An interrupt can raise between any two instructions of the main thread. Therefore the right to drive is an entry in a
dict, whose owner is known whatever was interrupted, and a run whose state may be half changed is broken: it fails, and
its nodes close.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from queue import SimpleQueue
from typing import Any, Final

from graphframe.framework.calculator import Calculator
from graphframe.framework.errors import GraphError, describe
from graphframe.framework.packet import Packet
from graphframe.framework.running.calling import CalculatorCaller
from graphframe.framework.running.cancellation import Cancellation
from graphframe.framework.running.context import Context
from graphframe.framework.running.invocation import CLOSE, Invocation
from graphframe.framework.running.pausing import Pausing
from graphframe.framework.running.scheduling import fast_path
from graphframe.framework.running.scheduling.endings import close_all, recover
from graphframe.framework.running.scheduling.fast_path import FastScheduler
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.scheduler import RunScheduler
from graphframe.framework.running.scheduling.state import NodeTask
from graphframe.framework.running.threads import ThreadPool
from graphframe.framework.running.tracers import Tracer, WarningTracer

_log = logging.getLogger(__name__)

_DRIVER: Final = "driver"
_BROKEN: Final = "broken"
_MOST_NESTED: Final = 20
"""How many calls of one thread may be in a `flush` before further packets that it delivers have to wait."""


class Driver:
    """Drives one run.

    Attributes
    ----------
    state : RunState
    scheduler : RunScheduler
        To be called by `post` only.
    done : bool
        Whether the run has ended.
    error : GraphError or None
        Why it failed.
    cancellation : Cancellation
    report : callable or None
        Called when a calculator reports progress.
    process : int
        The ID of the process that started the run.
    on_done, on_error : list of callable
        Called once each: when the run has ended, and when it fails.
    waits_for_end, waits_for_idle : list of queue.SimpleQueue
        Get an item each when the run has ended, and when no task works or could.
    """

    def __init__(
        self,
        state: RunState,
        calculators: Sequence[Calculator],
        executors: Mapping[str, ThreadPool | None],
        on_progress: Callable[[str, int, int], None] | None,
        tracer: Tracer | None,
        share: tuple[str, float],
    ) -> None:
        self.state = state
        self.scheduler: RunScheduler = (FastScheduler if fast_path.ENABLED else RunScheduler)(state)
        self._halts: set[str] = set()
        self.done = False
        self.error: GraphError | None = None
        self.cancellation = Cancellation(share)
        self.report = on_progress
        self.warn: Callable[[str, str], None] | None = tracer.warn if isinstance(tracer, WarningTracer) else None
        self.process = os.getpid()
        self.on_done: list[Callable[[], None]] = []
        self.on_error: list[Callable[[GraphError], None]] = []
        self.waits_for_end: list[SimpleQueue[None]] = []
        self.waits_for_idle: list[SimpleQueue[None]] = []
        self._caller = CalculatorCaller(calculators, self.cancellation, tracer, state)
        self._executors = executors
        self._has_threads = any(executor is not None for executor in executors.values())
        self._mailbox: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._seat: dict[str, object] = {}
        self._calls: dict[object, int] = {}
        self._handed_out: set[NodeTask] = set()
        self._broken: GraphError | None = None
        self._set_contexts()

    def _set_contexts(self) -> None:
        for node in self.state.nodes:
            for task in node.idle:
                task.context = Context(task, self)

    @cached_property
    def pausing(self) -> Pausing:
        """Holds tasks back while the run is paused; for the thread that drives."""
        return Pausing(self.state, self.scheduler, self._halts)

    def post(self, call: Callable[..., None], *args: Any) -> None:
        """Have `call` called with `args` by the thread that drives, which may be this one."""
        self._mailbox.append((call, args))
        self._drive()

    def waits_for_this_thread(self) -> bool:
        """Return whether the run cannot go on before this thread does."""
        return self._nested() > 0 or threading.get_ident() == self.state.observing

    def _nested(self) -> int:
        """Return how many calls this thread makes for the run."""
        return list(self._calls.values()).count(threading.get_ident())

    def wake_adders(self) -> None:
        """Let the threads that wait to add packets try again."""
        throttle = self.state.throttle
        waiting, throttle.waiting = throttle.waiting, []
        for _, wake in waiting:
            wake()

    def _drive(self) -> None:
        """Drive the run, unless another thread does, which will find what was posted."""
        mailbox, seat, me = self._mailbox, self._seat, object()
        try:
            while mailbox and seat.setdefault(_DRIVER, me) is me:
                task = self._next_here()
                del seat[_DRIVER]
                if task is not None:
                    self._calls[me] = threading.get_ident()
                    self._work(task, me)
        except BaseException as cause:
            self._break(cause, me)
            raise

    def _work(self, task: NodeTask, me: object, pool: ThreadPool | None = None) -> None:
        """Do a task, and those that follow from it in this thread until another thread drives."""
        mailbox, seat = self._mailbox, self._seat
        caller = self._caller
        call = caller.call if caller.tracer is None else caller.call_traced
        following: NodeTask | None = task
        while following is not None:
            task = following
            if mailbox:  # a thread that could not drive has posted; it must not wait for the task
                self._drive()
            error = call(task)
            # Packets that it flushed may wait in the mailbox, and come first.
            if mailbox or self._broken is not None or seat.setdefault(_DRIVER, me) is not me:
                del self._calls[me]
                mailbox.append((self.scheduler.finish, (task, error)))
                return
            self.scheduler.finish(task, error)
            following = self._next_here(pool)
            del seat[_DRIVER]
        del self._calls[me]
        if self._broken is not None:
            mailbox.append((_nothing, ()))

    def _call_elsewhere(self, task: NodeTask, pool: ThreadPool) -> None:
        """Do a task, and those that follow from it, in a thread of a pool."""
        me = object()
        try:
            self._calls[me] = threading.get_ident()
            try:
                self._handed_out.remove(task)
            except KeyError:  # the run broke meanwhile
                del self._calls[me]
                self.post(_nothing)
                return
            error = None if task.phase is CLOSE else self.error  # the run may have failed while the task was queued
            if error is None:
                self._work(task, me, pool)
            else:
                del self._calls[me]
                self._mailbox.append((self.scheduler.finish, (task, error)))
        except BaseException as cause:
            self._break(cause, me)
            raise
        self._drive()

    def _next_here(self, pool: ThreadPool | None = None) -> NodeTask | None:
        """Empty the mailbox, and hand tasks to pools until one is to run in this thread, or there are none.

        A thread of `pool` keeps one of its tasks while no other call waits for the pool.
        """
        state, scheduler, mailbox = self.state, self.scheduler, self._mailbox
        kept: NodeTask | None = None
        while True:
            if mailbox:
                self._empty_mailbox()
            task = scheduler.next() if not self._halts else self._next_halted()
            if state.error is not None and self.error is None:
                self.error = state.error
                self.cancellation.cancel(f"the run failed: {self.error}")
                self.wake_adders()
                self._notify()
            if state.released:
                state.released = False
                self.wake_adders()
            if task is None:
                self._notify()
                return kept
            if not self._has_threads:
                return task
            executor = self._executors[task.state.plan.executor]
            if executor is None:
                if kept is not None and pool is not None:
                    self._hand_out(kept, pool)
                return task
            if executor is pool and kept is None and not pool.has_calls:
                kept = task
            else:
                self._hand_out(task, executor)

    def _empty_mailbox(self) -> None:
        mailbox, scheduler = self._mailbox, self.scheduler
        while mailbox:
            call, args = mailbox.popleft()
            if self._broken is None or getattr(call, "__self__", None) is not scheduler:
                call(*args)

    def _hand_out(self, task: NodeTask, pool: ThreadPool) -> None:
        """Let a pool do a task."""
        self._handed_out.add(task)
        try:
            pool.submit(self._call_elsewhere, task, pool)
        except RuntimeError as cause:
            self._handed_out.discard(task)
            error = GraphError(f'the graph was closed before node "{task.node.name}" could work: {cause}')
            self.scheduler.finish(task, error)

    def _notify(self) -> None:
        """Tell those who wait, and call the callbacks, of what has happened."""
        state = self.state
        if state.done and not self.done:
            self.done = True
            self._caller.calculators = ()
        if self.on_error and self.error is not None:
            self._call_back(self.on_error, self.error)
        if self.done:
            self.wake_adders()
            _wake(self.waits_for_end)
            self._call_back(self.on_done)
        if self.waits_for_idle and state.idle:
            _wake(self.waits_for_idle)

    def _call_back(self, callbacks: list[Callable[..., None]], *args: Any) -> None:
        state = self.state
        while callbacks:
            callback = callbacks[0]
            state.observing = threading.get_ident()
            try:
                callback(*args)
            except Exception:
                _log.exception("a callback of a run failed")
            finally:
                state.observing = 0
                del callbacks[0]

    def _break(self, cause: BaseException, me: object) -> None:
        """Fail the run: an exception in the engine's own code, such as an interrupt, left its state half changed."""
        self._calls.pop(me, None)
        if self._broken is None and not self.done:
            broken = GraphError(f"the engine was interrupted while it worked for the run: {describe(cause)}")
            broken.__cause__ = cause
            self._broken = broken
            self._halts.add(_BROKEN)
        if self._seat.get(_DRIVER) is me:
            del self._seat[_DRIVER]
        self.post(_nothing)

    def _next_halted(self) -> NodeTask | None:
        """Return the next task of a run that is broken or paused."""
        return self.pausing.next() if self._broken is None else self._next_after_break(self._broken)

    def _next_after_break(self, error: GraphError) -> NodeTask | None:
        """Let all nodes of a broken run close, once no thread works for it; return the task that is next."""
        state = self.state
        state.error = state.error or error
        self._handed_out.clear()
        if self._calls:
            return None
        recover(state)
        self._set_contexts()
        close_all(state)
        self._broken = None
        self._halts.discard(_BROKEN)
        return self.scheduler.next()

    def flush(self, call: Invocation, sent: list[tuple[int, Packet]]) -> None:
        """Deliver packets that a call sends before it returns."""
        assert isinstance(call, NodeTask)
        self._mailbox.append((self.scheduler.flush, (call, sent)))
        if self._nested() <= _MOST_NESTED:
            self._drive()
        else:
            self._deliver()

    def _deliver(self) -> None:
        """Empty the mailbox, unless another thread drives. The tasks that are due then follow those of this thread."""
        seat, me = self._seat, object()
        try:
            if seat.setdefault(_DRIVER, me) is me:
                self._empty_mailbox()
                del seat[_DRIVER]
        except BaseException as cause:
            self._break(cause, me)
            raise


def _nothing() -> None:
    """Let the thread that drives check the state of the run."""


def _wake(waiting: list[SimpleQueue[None]]) -> None:
    for queue in waiting:
        queue.put(None)
    waiting.clear()
