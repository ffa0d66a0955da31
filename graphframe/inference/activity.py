"""What inferences do in a thread, noted for whoever follows it, such as a trace."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, NamedTuple


class LaneWait(NamedTuple):
    """A wait for a slot of a device, whether it ended with one or was given up; times as of `time.perf_counter`."""

    device: str
    began: float
    ended: float


class Inference(NamedTuple):
    """An inference in a slot of a device, whether it succeeded or failed; times as of `time.perf_counter`."""

    model: Path
    device: str
    slot: int
    began: float
    ended: float


class ModelLoad(NamedTuple):
    """A model that was compiled, taken from the cache, or shared with others; times as of `time.perf_counter`.

    Attributes
    ----------
    model : pathlib.Path
    device : str
    weights : int
        The size of the file with its weights, in bytes.
    began, ended : float
    """

    model: Path
    device: str
    weights: int
    began: float
    ended: float


class Activity(threading.local):
    """What there is to note in this thread.

    Attributes
    ----------
    logs : list of list
        Empty if nobody follows the thread. Each event goes to the last one: who wants to know of them puts a list
        there, and takes it off again.
    """

    def __init__(self) -> None:
        self.logs: list[list[Any]] = []

    def note(self, event: LaneWait | Inference | ModelLoad) -> None:
        """Tell who follows this thread."""
        if self.logs:
            self.logs[-1].append(event)


activity = Activity()
