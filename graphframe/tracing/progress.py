"""How far a run has come."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from graphframe.framework.running.invocation import PROCESS, Invocation
from graphframe.framework.running.tracers import Tracer


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

    def seconds_at(self, now: float) -> float:
        """How long its calls took, those that have not returned among them."""
        return self.seconds + sum(now - began for began in self.began.copy())


class Progress:
    """Follows a run: give it as `tracer`, and its `report` as `on_progress`.

    Attributes
    ----------
    stages : dict of str to Stage
        By the names of nodes that have been called, in the order of their first calls.

    Parameters
    ----------
    other : Tracer, optional
        What follows the run besides.
    """

    def __init__(self, other: Tracer | None = None) -> None:
        self.stages: dict[str, Stage] = {}
        self._other = other
        self._lock = threading.Lock()

    def ready(self, call: Invocation) -> None:
        """A task can be done."""
        if self._other is not None:
            self._other.ready(call)

    def begin(self, call: Invocation) -> None:
        """A calculator is called."""
        if call.phase is PROCESS:
            with self._lock:
                self._stage(call.node.name).began.append(time.perf_counter())
        if self._other is not None:
            self._other.begin(call)

    def end(self, call: Invocation) -> None:
        """A calculator has returned."""
        if self._other is not None:
            self._other.end(call)
        if call.phase is PROCESS:
            with self._lock:
                stage = self._stage(call.node.name)
                stage.seconds += time.perf_counter() - stage.began.pop(0)

    def report(self, node: str, done: int, total: int) -> None:
        """A calculator has done some of its steps."""
        with self._lock:
            stage = self._stage(node)
            stage.step, stage.steps = done, total

    def milliseconds(self) -> dict[str, float]:
        """How long each node has worked until now."""
        now = time.perf_counter()
        with self._lock:
            return {name: round(1000 * stage.seconds_at(now), 1) for name, stage in self.stages.items()}

    def _stage(self, node: str) -> Stage:
        return self.stages.setdefault(node, Stage())
