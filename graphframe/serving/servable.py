"""A graph under the name that clients ask for it by, and all of them together."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from types import MappingProxyType
from typing import Any

from graphframe.framework.errors import did_you_mean
from graphframe.framework.graph import Graph
from graphframe.serving.errors import NO_RETRY, APIError

OPENAI_MODELS = ("gpt-image-1", "dall-e-2", "dall-e-3")
"""What clients ask for that know no other names."""

_LOADING_RETRY_SECONDS = "5"

_log = logging.getLogger(__name__)


class State(Enum):
    """How far a servable has come."""

    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    FAILED = "FAILED"


class Servable:
    """A graph that takes a ``REQUEST`` and gives ``IMAGE`` packets, under a name.

    Attributes
    ----------
    name : str
    graph : Graph
        Parsed; `load` loads it.
    state : State
    failure : str
        Why it failed to load.
    available_since : int
        In seconds of the Unix epoch.
    """

    def __init__(self, name: str, graph: Graph) -> None:
        self.name = name
        self.graph = graph
        self.state = State.LOADING
        self.failure = ""
        self.available_since = 0

    def load(self) -> None:
        """Load the graph. Blocks; a failure is kept in the state, not raised."""
        try:
            self.graph.load()
        except Exception as error:
            _log.exception("%s could not be loaded", self.name)
            self.failure = str(error)
            self.state = State.FAILED
        else:
            self.available_since = int(time.time())
            self.state = State.AVAILABLE

    @asynccontextmanager
    async def in_use(self) -> AsyncIterator[Graph]:
        """The graph to run now: within, it stays loaded, whatever is served by its name meanwhile."""
        yield self.graph


class Servables:
    """All servables by name. As Falcon middleware it loads them when the server starts and closes them when it ends.

    Parameters
    ----------
    servables : iterable of Servable
    address : str
        Where the server listens, for the log.
    aliases : mapping of str to str, optional
        Other names to ask for some of them by.
    """

    def __init__(
        self, servables: Iterable[Servable], address: str, aliases: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._address = address
        self.aliases = aliases
        self._by_name = {servable.name: servable for servable in servables}

    def __iter__(self) -> Iterator[Servable]:
        return iter(sorted(self._by_name.values(), key=lambda servable: servable.name))

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def find(self, name: str | None) -> Servable:
        """The servable of that name; the only one there is, if no name is given, or one of OpenAI's models.

        Raises
        ------
        APIError
            404.
        """
        name = self._meant(name)
        if not name:
            raise APIError(400, f"say which model: {self._names()}", param="model", code="missing_required_parameter")
        if name not in self._by_name:
            message = f'there is no model "{name}"{did_you_mean(name, self._by_name)}; there is: {self._names()}'
            raise APIError(404, message, param="model", code="model_not_found")
        return self._by_name[name]

    def find_available(self, name: str | None) -> Servable:
        """As `find`, but only if it is ready to run.

        Raises
        ------
        APIError
            404; 503 while it loads; 500 if it could not be loaded.
        """
        servable = self.find(name)
        if servable.state is State.LOADING:
            raise APIError(
                503,
                f'the model "{servable.name}" is still loading',
                code="model_loading",
                headers={"retry-after": _LOADING_RETRY_SECONDS},
            )
        if servable.state is State.FAILED:
            message = f'the model "{servable.name}" could not be loaded: {servable.failure}'
            raise APIError(500, message, code="model_failed", headers=NO_RETRY)
        return servable

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Start loading, and do not wait for it: gunicorn allows a start-up 30 seconds."""
        threading.Thread(target=self._load, name="load", daemon=True).start()

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Close what was loaded."""
        for servable in self:
            if servable.state is State.AVAILABLE:
                await asyncio.to_thread(servable.graph.close)

    def _load(self) -> None:
        for servable in self:
            started = time.monotonic()
            servable.load()
            if servable.state is State.AVAILABLE:
                _log.info("%s is ready at %s after %.1f s", servable.name, self._address, time.monotonic() - started)

    def _meant(self, name: str | None) -> str | None:
        if name in self._by_name:
            return name
        name = self.aliases.get(name or "", name)
        if (not name or name in OPENAI_MODELS) and len(self._by_name) == 1:
            return next(iter(self._by_name))
        return name

    def _names(self) -> str:
        return ", ".join(f'"{servable.name}"' for servable in self)
