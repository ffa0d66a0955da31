"""Drives the scheduler of one run, from whichever thread has something to do with it.

Every event of a run goes through its mailbox. A thread that posts becomes the driver unless another thread drives. The
driver empties the mailbox and hands tasks to executors; a task that runs inline it does after it has stopped driving.
So only one thread at a time touches the scheduler, no thread waits for a lock, and no calculator is called under one.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import Any

from graphframe.framework.calculator import Calculator
from graphframe.framework.errors import Cancelled, GraphError
from graphframe.framework.packet import Packet
from graphframe.framework.running.cancellation import Cancellation
from graphframe.framework.running.context import Context
from graphframe.framework.running.invocation import CLOSE, OPEN, PROCESS, Invocation
from graphframe.framework.running.scheduling import fast_path
from graphframe.framework.running.scheduling.fast_path import FastScheduler
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.scheduler import RunScheduler
from graphframe.framework.running.scheduling.state import NodeTask
from graphframe.framework.running.tracers import Tracer

_log = logging.getLogger(__name__)


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
    on_done, on_error, on_idle : list of callable
        Called once each: when the run has ended, when it fails, and when no task works or could.
    """

    def __init__(
        self,
        state: RunState,
        calculators: Sequence[Calculator],
        executors: Mapping[str, Executor | None],
        on_progress: Callable[[str, int, int], None] | None,
        tracer: Tracer | None,
        share: tuple[str, float],
    ) -> None:
        self.state = state
        self.scheduler: RunScheduler = (FastScheduler if fast_path.ENABLED else RunScheduler)(state)
        self.done = False
        self.error: GraphError | None = None
        self.cancellation = Cancellation(share)
        self.report = on_progress
        self.on_done: list[Callable[[], None]] = []
        self.on_error: list[Callable[[GraphError], None]] = []
        self.on_idle: list[Callable[[], None]] = []
        self._calculators = calculators
        self._executors = executors
        self._has_threads = any(executors.values())
        self._tracer = tracer
        if tracer is not None:
            state.on_schedule = tracer.ready
        self._mailbox: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._driving = threading.Lock()
        self._working: set[int] = set()
        for node in state.nodes:
            for task in node.idle:
                task.context = Context(task, self)

    def post(self, call: Callable[..., None], *args: Any) -> None:
        """Have `call` called with `args` by the thread that drives, which may be this one."""
        self._mailbox.append((call, args))
        self._drive()

    def waits_for_this_thread(self) -> bool:
        """Return whether the run cannot go on before this thread does."""
        ident = threading.get_ident()
        return ident in self._working or ident == self.state.observing

    def wake_adders(self) -> None:
        """Let the threads that wait to add packets try again."""
        throttle = self.state.throttle
        waiting, throttle.waiting = throttle.waiting, []
        for _, wake in waiting:
            wake()

    def _drive(self) -> None:
        """Drive the run, unless another thread does, which will find what was posted."""
        mailbox, driving = self._mailbox, self._driving
        while mailbox and driving.acquire(False):
            try:
                task = self._next_inline()
            finally:
                driving.release()
            if task is not None:
                self._work(task)

    def _work(self, task: NodeTask) -> None:
        """Do a task inline, and those that follow from it until another thread drives."""
        mailbox, driving, ident = self._mailbox, self._driving, threading.get_ident()
        nested = ident in self._working
        self._working.add(ident)
        following: NodeTask | None = task
        try:
            while following is not None:
                task = following
                if mailbox:  # a thread that could not drive has posted; it must not wait for the task
                    self._drive()
                error = self._call(task)
                if mailbox or not driving.acquire(False):  # packets that it flushed may wait there, and come first
                    mailbox.append((self.scheduler.finish, (task, error)))
                    break
                try:
                    self.scheduler.finish(task, error)
                    following = self._next_inline()
                finally:
                    driving.release()
        finally:
            if not nested:
                self._working.discard(ident)

    def _next_inline(self) -> NodeTask | None:
        """Empty the mailbox, and hand tasks to executors until one is to run inline, or there are none."""
        state, scheduler = self.state, self.scheduler
        while True:
            while self._mailbox:
                call, args = self._mailbox.popleft()
                call(*args)
            task = scheduler.next()
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
        """Call the callbacks of what has happened."""
        state = self.state
        if state.done and not self.done:
            self.done = True
            self._calculators = ()
        callbacks: list[Callable[[], None]] = []
        if self.on_error and self.error is not None:
            callbacks += [partial(callback, self.error) for callback in self.on_error]
            self.on_error.clear()
        if self.done:
            self.wake_adders()
        if self.on_done and self.done:
            callbacks += self.on_done
            self.on_done.clear()
        if self.on_idle and state.idle:
            callbacks += self.on_idle
            self.on_idle.clear()
        state.observing = threading.get_ident() if callbacks else 0
        for callback in callbacks:
            try:
                callback()
            except Exception:
                _log.exception("a callback of a run failed")
        state.observing = 0

    def _call_elsewhere(self, task: NodeTask) -> None:
        error = None if task.phase is CLOSE else self.error  # the run may have failed while the task was queued
        if error is None:
            self._working.add(threading.get_ident())
            error = self._call(task)
            self._working.discard(threading.get_ident())
        self.post(self.scheduler.finish, task, error)

    def _call(self, task: NodeTask) -> GraphError | None:
        """Call the method of the calculator that a task names; return its error, which only ends the run."""
        cc = task.context
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

    def flush(self, call: Invocation, sent: list[tuple[int, Packet]]) -> None:
        """Deliver packets that a call sends before it returns."""
        assert isinstance(call, NodeTask)
        self.post(self.scheduler.flush, call, sent)


def forget(callbacks: list[Any], callback: object) -> None:
    """Remove a callback unless it is called already."""
    with suppress(ValueError):
        callbacks.remove(callback)
