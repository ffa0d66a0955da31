"""The progress of a run, without OpenVINO: ``graphframe --help`` and the server's master process import it."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

from graphframe.framework.running.invocation import PROCESS, Invocation
from graphframe.framework.running.tracers import Tracer

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Stage:
    """The progress of one node.

    Attributes
    ----------
    began : list of float
        Start times of the calls that have not returned, on `time.perf_counter`'s clock.
    seconds : float
        Total duration of the calls that have returned.
    step, steps : int
        The steps that it reported as done, and all its steps; 0 for nodes that report none.
    step_seconds : list of float
        The duration of each step that it reported.
    reported : float
        When it reported last, on `time.perf_counter`'s clock.
    """

    began: list[float] = field(default_factory=list)
    seconds: float = 0.0
    step: int = 0
    steps: int = 0
    step_seconds: list[float] = field(default_factory=list)
    reported: float = 0.0

    def seconds_at(self, now: float) -> float:
        """Return the total duration of its calls, including those that have not returned."""
        return self.seconds + sum(now - began for began in self.began.copy())


class Progress:
    """The progress of a run: pass it as `tracer`, and its `report` as `on_progress`.

    Attributes
    ----------
    stages : dict of str to Stage
        By node name, in the order of first calls.
    warnings : list of str
        The warnings of nodes, each once.

    Parameters
    ----------
    other : Tracer, optional
        Another tracer, which is called as well.
    """

    def __init__(self, other: Tracer | None = None) -> None:
        self.stages: dict[str, Stage] = defaultdict(Stage)
        self.warnings: list[str] = []
        self._other = other
        self._lock = threading.Lock()

    def ready(self, call: Invocation) -> None:
        """Note that a calculator can be called."""
        if self._other is not None:
            self._other.ready(call)

    def begin(self, call: Invocation) -> None:
        """Note that a calculator is called."""
        if call.phase is PROCESS:
            with self._lock:
                self.stages[call.node.name].began.append(time.perf_counter())
        if self._other is not None:
            self._other.begin(call)

    def end(self, call: Invocation) -> None:
        """Note that a calculator has returned."""
        if self._other is not None:
            self._other.end(call)
        if call.phase is PROCESS:
            with self._lock:
                stage = self.stages[call.node.name]
                stage.seconds += time.perf_counter() - stage.began.pop(0)

    def warn(self, node: str, message: str) -> None:
        """Take a warning of a node, and log it. Other nodes may have the same, as two text encoders do."""
        with self._lock:
            if message in self.warnings:
                return
            self.warnings.append(message)
        _log.warning('node "%s": %s', node, message)

    def report(self, node: str, done: int, total: int) -> None:
        """Note how many of its steps a node has done."""
        now = time.perf_counter()
        with self._lock:
            stage = self.stages[node]
            stage.step, stage.steps = done, total
            if done and stage.began:
                stage.step_seconds.append(now - max(stage.reported, stage.began[0]))
            stage.reported = now

    def milliseconds(self) -> dict[str, float]:
        """Return how long each node has worked so far, in milliseconds."""
        now = time.perf_counter()
        with self._lock:
            return {name: round(1000 * stage.seconds_at(now), 1) for name, stage in self.stages.items()}
