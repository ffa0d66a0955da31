"""A paused run, and its steps."""

from __future__ import annotations

from typing import Final, NamedTuple

from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.scheduler import RunScheduler
from graphframe.framework.running.scheduling.state import NodeTask

_PAUSED: Final = "paused"


class MethodCall(NamedTuple):
    """A call of a calculator: the name of its node, the method, and its timestamp."""

    node: str
    method: str
    timestamp: int


class Pausing:
    """Holds the tasks of a paused run back. Its methods are called by the thread that drives the run.

    Parameters
    ----------
    state : RunState
    scheduler : RunScheduler
    halts : set of str
        While it is not empty, the driver asks `next` for tasks instead of the scheduler.

    Attributes
    ----------
    last_step : MethodCall or None
        The task that `step` allowed; None if there was none.
    """

    def __init__(self, state: RunState, scheduler: RunScheduler, halts: set[str]) -> None:
        self.last_step: MethodCall | None = None
        self._state = state
        self._scheduler = scheduler
        self._halts = halts
        self._step_is_due = False

    def pause(self) -> None:
        """Start no task until `resume`, except those that `step` allows, and those of a run that fails."""
        self._state.paused = True
        self._halts.add(_PAUSED)

    def resume(self) -> None:
        """Go on after `pause`."""
        self._state.paused = False
        self._halts.discard(_PAUSED)

    def step(self) -> None:
        """Allow one task."""
        self._step_is_due, self.last_step = True, None

    def next(self) -> NodeTask | None:
        """Return the task that may be done now."""
        state = self._state
        if state.error is not None or state.fault is not None or not state.paused:
            return self._scheduler.next()
        if not self._step_is_due:
            return None
        self._step_is_due = False
        if (task := self._scheduler.next()) is not None:
            self.last_step = MethodCall(task.node.name, task.phase.value, task.timestamp)
        return task
