"""How far a run has come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from graphframe.framework.state import PROCESS, Task


@dataclass(slots=True)
class Stage:
    """What one node has done.

    Attributes
    ----------
    began : list of float
        When it was called, for each of its calls that has not returned, on `time.perf_counter`'s clock.
    seconds : float
        How long its calls took that have returned.
    step, steps : int
        How many steps it has reported, and of how many; 0 from nodes that report none.
    """

    began: list[float] = field(default_factory=list)
    seconds: float = 0.0
    step: int = 0
    steps: int = 0


class Progress:
    """Follows a run: give it as `tracer`, and its `report` as `on_progress`.

    Attributes
    ----------
    stages : dict of str to Stage
        By the names of nodes that have been called, in the order of their first calls.

    Parameters
    ----------
    on_change : callable, optional
        What is called, from the threads of the run, with the name of a node that was called or has reported.
    """

    def __init__(self, on_change: Callable[[str], None] = lambda node: None) -> None:
        self.stages: dict[str, Stage] = {}
        self._on_change = on_change
        self._lock = threading.Lock()

    def ready(self, task: Task) -> None:
        """A task can be done."""

    def begin(self, task: Task) -> None:
        """A calculator is called."""
        if task.phase is PROCESS:
            with self._lock:
                self._stage(task.node.plan.name).began.append(time.perf_counter())
            self._on_change(task.node.plan.name)

    def end(self, task: Task) -> None:
        """A calculator has returned."""
        if task.phase is PROCESS:
            with self._lock:
                stage = self._stage(task.node.plan.name)
                stage.seconds += time.perf_counter() - stage.began.pop(0)

    def report(self, node: str, done: int, total: int) -> None:
        """A calculator has done some of its steps."""
        with self._lock:
            stage = self._stage(node)
            stage.step, stage.steps = done, total
        self._on_change(node)

    def _stage(self, node: str) -> Stage:
        return self.stages.setdefault(node, Stage())
