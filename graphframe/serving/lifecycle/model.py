"""A model that clients name: its state, and the graph that serves it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any, Protocol
from urllib.parse import quote

from graphframe.repository.model_files import ModelFiles
from graphframe.serving.errors import NO_RETRY, APIError
from graphframe.serving.lifecycle.served_graph import ServedGraph
from graphframe.serving.lifecycle.source import ModelSource

LOADING_RETRY = {"retry-after": "5"}
"""Headers of an error that ends when a model is loaded."""


class State(Enum):
    """The state of a model, by OpenVINO Model Server's names."""

    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    FAILED = "FAILED"
    END = "END"


class AdapterPairs(Protocol):
    """The number of pairs in the file of a LoRA adapter, and of those that are applied."""

    @property
    def applied(self) -> int:
        """How many are applied."""

    @property
    def pairs(self) -> int:
        """How many there are."""


class ServedModel:
    """A graph that takes a ``REQUEST`` and sends ``IMAGE`` packets, under a name. A `Loader` loads and replaces it.

    Attributes
    ----------
    name : str
    source : ModelSource
    files : ModelFiles or None
        The files that the latest load read, whether it failed or not; None before the first one.
    graph : ServedGraph or None
        None before the first is read, after the model could not be loaded, and after its end.
    failure : str
        Why the latest graph could not be loaded; an older one may be served.
    ended : bool
        Whether it is not served any more.
    available_since : int
        Seconds of the Unix epoch.
    last_used : float
        When a run ended last, on `time.monotonic`'s clock.
    bytes : int
        Memory that it took when it was loaded last; 0 before that.
    loads, failed_loads : int
        How often a graph was loaded, and could not be.
    properties : mapping
        Properties of the graph that was loaded last.
    """

    def __init__(self, name: str, source: ModelSource) -> None:
        self.name = name
        self.source = source
        self.files: ModelFiles | None = None
        self.graph: ServedGraph | None = None
        self.failure = ""
        self.ended = False
        self.available_since = 0
        self.last_used = time.monotonic()
        self.bytes = 0
        self.loads = 0
        self.failed_loads = 0
        self.properties: Mapping[str, Any] = {}

    @property
    def state(self) -> State:
        """The state that clients see: a model whose reload failed is available."""
        if self.ended:
            return State.END
        if self.graph is not None:
            return State.AVAILABLE
        return State.FAILED if self.failure else State.LOADING

    @property
    def loaded(self) -> bool:
        """Whether its graph is in memory."""
        return self.graph is not None and self.graph.loaded

    @property
    def in_use(self) -> bool:
        """Whether a run uses its graph."""
        return self.graph is not None and self.graph.in_use

    @property
    def adapted_names(self) -> Mapping[str, Mapping[str, float]]:
        """The names for it with LoRA adapters, each with the aliases and alphas of these."""
        names: Mapping[str, Mapping[str, float]] = self.properties.get("models", {})
        return names

    @property
    def names(self) -> list[str]:
        """All names for it; not its own, if adapters are always applied."""
        own = [self.name] if self.properties.get("base_model", True) else []
        return [*own, *self.adapted_names]

    def adapters(self, name: str | None, alphas: Mapping[str, float] | None) -> dict[str, float]:
        """Return the adapters that a request applies, each with its alpha.

        Parameters
        ----------
        name : str or None
            The name that the request gives.
        alphas : mapping of str to float, or None
            Alphas that replace those of the name.

        Raises
        ------
        APIError
            400, if no images can be had by this name, or it does not apply one of these adapters.
        """
        if name is None or name not in self.adapted_names:
            if self.name not in self.names:
                message = f'the adapters of "{self.name}" are always applied; ask for {listed(self.names)}'
                raise _invalid(message, "model")
            if alphas and not any(self.adapted_names.values()):
                raise _invalid(f'the model "{self.name}" has no LoRA adapters that requests can select', "lora_alphas")
            return {}  # NOTE: whatever the alphas: so a client turns adapters off by this name alone
        applied = self.adapted_names[name]
        for alias in alphas or {}:
            if alias not in applied:
                known = listed(applied) or "none that requests can select"
                raise _invalid(f'the model "{name}" does not apply "{alias}"; it applies {known}', "lora_alphas")
        return {**applied, **(alphas or {})}

    @property
    def adapters_found(self) -> Mapping[str, AdapterPairs]:
        """How much of each LoRA adapter the graph that was loaded last applies, by alias."""
        found: Mapping[str, AdapterPairs] = self.properties.get("adapters", {})
        return found

    def applied_pairs(self, adapters: Mapping[str, float]) -> str:
        """Return how much of each adapter of a request is applied, e.g. ``"ink=12/12, gold=9/10"``; ``""`` for none."""
        by_request = {alias for alphas in self.adapted_names.values() for alias in alphas}
        used = {
            alias: each for alias, each in self.adapters_found.items() if alias not in by_request or adapters.get(alias)
        }
        return ", ".join(f"{quote(alias)}={each.applied}/{each.pairs}" for alias, each in used.items())

    def check_available(self) -> None:
        """Raise APIError unless it is available: 404 after its end, 503 while it loads, 500 if that failed."""
        state = self.state
        if state is State.END:
            raise APIError(404, f'the model "{self.name}" was removed', param="model", code="model_not_found")
        if state is State.LOADING:
            message = f'the model "{self.name}" is still loading'
            raise APIError(503, message, code="model_loading", headers=LOADING_RETRY)
        if state is State.FAILED:
            message = f'the model "{self.name}" could not be loaded'
            raise APIError(500, message, code="model_failed", headers=NO_RETRY)

    @asynccontextmanager
    async def use(self) -> AsyncIterator[ServedGraph]:
        """Hold the graph for a run: it stays loaded until the context ends, even if it is replaced meanwhile.

        Raises
        ------
        APIError
            If the model is not available.
        """
        graph = self._hold()
        try:
            try:
                await graph.ensure_loaded()
            except Exception:
                self.check_available()
                raise
            yield graph
        finally:
            self.last_used = time.monotonic()
            graph.release()

    def serve(self, graph: ServedGraph) -> None:
        """Use another graph from now on; the old one is closed when its runs end."""
        self.failure = ""
        self.available_since = int(time.time())
        self.replace(graph)

    def end(self) -> None:
        """Refuse requests from now on; runs that have begun continue."""
        self.ended, self.failure, self.files = True, "", None
        self.replace(None)

    def replace(self, graph: ServedGraph | None) -> None:
        """Use another graph, or none, and retire the old one."""
        old, self.graph = self.graph, graph
        if old is not None:
            old.retire()

    def _hold(self) -> ServedGraph:
        while True:
            graph = self.graph
            self.check_available()
            if graph is not None and graph.hold():
                return graph


def listed(names: Iterable[str]) -> str:
    """Return names in quotation marks, as messages list them."""
    return ", ".join(f'"{name}"' for name in names)


def _invalid(message: str, param: str) -> APIError:
    return APIError(400, message, param=param, code="invalid_value")
