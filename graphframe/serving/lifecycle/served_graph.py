"""The graph of a model, from when it is read until its last run ends."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping

from graphframe.framework.graph import Graph
from graphframe.repository.model_files import ModelFiles
from graphframe.serving.lifecycle.memory import Footprint


class ServedGraph:
    """A graph that runs hold. Once it is retired, it is closed as soon as none does. Thread-safe.

    Parameters
    ----------
    graph : Graph
    files : ModelFiles
        The files that it was read from.
    load : callable
        Loads it, if it is served before it is loaded; called with the served graph, in a thread.

    Attributes
    ----------
    graph : Graph
    files : ModelFiles
    footprint : Footprint or None
        None while it is not loaded.
    closed : threading.Event
    runs : int
        The number of runs that have succeeded.
    seconds : dict of str to float
        How long each node worked for these in total.
    """

    def __init__(self, graph: Graph, files: ModelFiles, load: Callable[[ServedGraph], None]) -> None:
        self.graph = graph
        self.files = files
        self.footprint: Footprint | None = None
        self.closed = threading.Event()
        self.runs = 0
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._load = load
        self._loading: asyncio.Future[None] | None = None
        self._runs = 0
        self._retired = False
        self._lock = threading.Lock()

    @property
    def loaded(self) -> bool:
        """Whether it can run at once."""
        return self.footprint is not None

    @property
    def in_use(self) -> bool:
        """Whether a run holds it."""
        return self._runs > 0

    async def ensure_loaded(self) -> None:
        """Load it unless it is loaded; all runs that wait for that share one thread."""
        if self.loaded:
            return
        if self._loading is None:
            self._loading = asyncio.ensure_future(asyncio.to_thread(self._load, self))
        await asyncio.shield(self._loading)

    def count(self, seconds: Mapping[str, float]) -> None:
        """Count a run that succeeded, in which nodes worked for some seconds, by name. Call it in the event loop."""
        self.runs += 1
        for name, each in seconds.items():
            self.seconds[name] += each

    def hold(self) -> bool:
        """Keep it from being closed until `release`; return false if it is retired already."""
        with self._lock:
            self._runs += not self._retired
            return not self._retired

    def release(self) -> None:
        """End a hold; if it was the last of a retired graph, close that in a thread of its own.

        NOTE: the threads of the event loop may all be loading models, and wait for room until this one is closed.
        """
        with self._lock:
            self._runs -= 1
            unused = self._retired and not self._runs
        if unused:
            threading.Thread(target=self.close, name="close").start()

    def retire(self) -> None:
        """Close it now or, if runs hold it, when the last one ends."""
        with self._lock:
            self._retired = True
            unused = not self._runs
        if unused:
            self.close()

    def close(self) -> None:
        """Release the models and memory that it holds."""
        self.graph.close()
        self.footprint = None
        self.closed.set()
