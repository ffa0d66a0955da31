"""What models take, and how much they may."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from graphframe.serving.lifecycle.model import ServedModel
from graphframe.serving.lifecycle.version import Version

_STATM = Path("/proc/self/statm")
_log = logging.getLogger(__name__)


class Memory:
    """Loads versions of models, one after another, and unloads the least recently used ones to stay within a budget.

    A version takes what its weights do or, if that is more, what the process grew by while it was loaded. What runs
    take beside that is not in it. While a model is loaded anew, the old one and the new are both there.

    Parameters
    ----------
    models : iterable of ServedModel
    budget : int or None
        In bytes.
    """

    def __init__(self, models: Iterable[ServedModel], budget: int | None = None) -> None:
        self._models = models
        self._budget = budget
        self._lock = threading.Lock()

    def load(self, model: ServedModel, version: Version) -> None:
        """Load a version of a model. Blocks until there is room and it is loaded.

        What turned out to take more than the budget, when it was loaded before, is loaded alone.

        Raises
        ------
        MemoryError
            If its weights are larger than the budget.
        Exception
            What loading raises.
        """
        with self._lock:
            self._make_room(model)
            before = resident_bytes()
            version.load()
            version.resident_bytes = max(resident_bytes() - before, 0)
            model.bytes = version.bytes

    def _make_room(self, model: ServedModel) -> None:
        if self._budget is None:
            return
        weights = model.source.weights()
        if weights > self._budget:
            raise MemoryError(f"its weights are {weights} bytes, more than the memory_budget of {self._budget}")
        while others := [other for other in self._models if other is not model and _loaded(other)]:
            if sum(other.bytes for other in others) + model.bytes <= self._budget:
                return
            oldest = min(others, key=_least_recently_used)
            _log.info("%s is unloaded to make room for %s", oldest.name, model.name)
            unload_and_wait(oldest)

    def unload_idle(self, since: float) -> None:
        """Unload what was used last before `since`, on `time.monotonic`'s clock.

        What is served since a newer one failed stays: it is not on the disk any more.
        """
        for model in self._models:
            version, idle = model.version, model.last_used < since and not model.failure
            if idle and version is not None and version.loaded and not version.in_use:
                _log.info("%s is unloaded, since nobody uses it", model.name)
                model.unload()


def unload_and_wait(model: ServedModel) -> None:
    """Let the runs of a model end, and let go of what it holds."""
    version = model.version
    model.unload()
    if version is not None:
        version.closed.wait()


def resident_bytes() -> int:
    """The physical memory that the process takes now; 0 where the system does not tell as Linux does."""
    if not _STATM.exists():
        return 0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _loaded(model: ServedModel) -> bool:
    return model.version is not None and model.version.loaded


def _least_recently_used(model: ServedModel) -> tuple[bool, float]:
    """Those that nobody uses come first."""
    assert model.version is not None
    return model.version.in_use, model.last_used
