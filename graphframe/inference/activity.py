"""Events of model loads, waits and inferences in a thread, for tracers."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, NamedTuple


class LaneWait(NamedTuple):
    """A wait for a slot of a lane, successful or not.

    Attributes
    ----------
    device : str
    began, ended : float
        Seconds on `time.perf_counter`'s clock.
    """

    device: str
    began: float
    ended: float


class Inference(NamedTuple):
    """An inference, successful or not.

    Attributes
    ----------
    model : pathlib.Path
        The model file.
    device : str
    slot : int
        The slot of the device's lane that it used.
    began, ended : float
        Seconds on `time.perf_counter`'s clock.
    """

    model: Path
    device: str
    slot: int
    began: float
    ended: float


class ModelLoad(NamedTuple):
    """A model that was compiled, read from the cache, or shared with earlier users.

    Attributes
    ----------
    model : pathlib.Path
        The model file.
    device : str
    weights : int
        The size of the file with the weights, in bytes.
    began, ended : float
        Seconds on `time.perf_counter`'s clock.
    """

    model: Path
    device: str
    weights: int
    began: float
    ended: float


class Activity(threading.local):
    """The logs that follow the current thread.

    Attributes
    ----------
    logs : list of list
        Each event is appended to the last list only. A tracer appends a list of its own, and removes it when done.
    """

    def __init__(self) -> None:
        self.logs: list[list[Any]] = []

    def note(self, event: LaneWait | Inference | ModelLoad) -> None:
        """Append `event` to the last log, if there is one."""
        if self.logs:
            self.logs[-1].append(event)


activity = Activity()
