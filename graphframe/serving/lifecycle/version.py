"""One graph of a model, from when it was read until nobody needs it any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from types import MappingProxyType

from graphframe.framework.graph import Graph


class Version:
    """Is held by those who run it, and closed once it is retired and nobody holds it. Thread-safe.

    Attributes
    ----------
    graph : Graph
    loaded : bool
    weights : dict of str to int
        The bytes of weights of each node that loaded a model.
    weights_bytes : int
        Of all nodes; a model that several share counts once.
    resident_bytes : int
        How much the memory of the process grew while it was loaded.
    closed : threading.Event
    loading : asyncio.Future or None
        What whoever uses it first waits for, if it was not loaded before.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.loaded = False
        self.weights: Mapping[str, int] = MappingProxyType({})
        self.weights_bytes = 0
        self.resident_bytes = 0
        self.closed = threading.Event()
        self.loading: asyncio.Future[None] | None = None
        self._users = 0
        self._retired = False
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """What it takes: its weights, or what the process grew by if that is more."""
        return max(self.weights_bytes, self.resident_bytes) if self.loaded else 0

    @property
    def in_use(self) -> bool:
        """Whether somebody holds it."""
        return self._users > 0

    def load(self) -> None:
        """Load the graph, and note what its models weigh."""
        from graphframe.tracing import Trace  # which imports OpenVINO; --help should not

        trace = Trace()
        self.graph.load(trace)
        self.weights = {load.node.name: sum(model.weights for model in load.models) for load in trace.loads}
        self.weights_bytes = sum({model.model: model.weights for load in trace.loads for model in load.models}.values())
        self.loaded = True

    def hold(self) -> bool:
        """Keep it from being closed until `release`; false if it is retired already."""
        with self._lock:
            self._users += not self._retired
            return not self._retired

    def release(self) -> None:
        """Hold it no more; if it is retired and that was the last one, it is closed by a thread of its own.

        NOTE: the threads of the event loop may all be loading models, and wait for room until this one is closed.
        """
        with self._lock:
            self._users -= 1
            unused = self._retired and not self._users
        if unused:
            threading.Thread(target=self.close, name="close").start()

    def retire(self) -> None:
        """Close it now or, if somebody holds it, let that happen when they are done."""
        with self._lock:
            self._retired = True
            unused = not self._users
        if unused:
            self.close()

    def close(self) -> None:
        """Let go of what was loaded."""
        self.graph.close()
        self.loaded = False
        self.closed.set()
