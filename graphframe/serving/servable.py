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

    @property
    def models(self) -> Mapping[str, Mapping[str, float]]:
        """The names to ask for it by beside its own, each with the LoRA adapters that it applies and their alphas."""
        models: Mapping[str, Mapping[str, float]] = self.graph.properties.get("models", {})
        return models

    @property
    def names(self) -> list[str]:
        """All names to ask for it by; not its own, if it has adapters that are always applied."""
        own = [self.name] if self.graph.properties.get("base_model", True) else []
        return [*own, *self.models]

    def adapters(self, name: str | None, alphas: Mapping[str, float] | None) -> dict[str, float]:
        """What a request applies that asks for `name` and perhaps for other alphas.

        Raises
        ------
        APIError
            400, if it cannot be asked for that, or that does not apply one of these adapters.
        """
        if name is None or name not in self.models:
            if self.name not in self.names:
                message = f'the adapters of "{self.name}" are always applied; ask for {_listed(self.names)}'
                raise _invalid(message, "model")
            if alphas and not any(self.models.values()):
                raise _invalid(f'"{self.name}" has no LoRA adapters that requests choose', "lora_alphas")
            return {}  # NOTE: whatever the alphas: so a client turns adapters off by this name alone
        applied = self.models[name]
        for alias in alphas or {}:
            if alias not in applied:
                known = _listed(applied) or "none whose alpha can be chosen"
                raise _invalid(f'the model "{name}" applies not "{alias}"; it applies {known}', "lora_alphas")
        return {**applied, **(alphas or {})}

    def load(self) -> None:
        """Load the graph. Blocks; a failure is kept in the state, not raised."""
        try:
            self.graph.load()
        except Exception as error:
            _log.exception("%s could not be loaded", self.name)
            self.fail(str(error))
        else:
            self.available_since = int(time.time())
            self.state = State.AVAILABLE

    def fail(self, reason: str) -> None:
        """Keep that it cannot be used, and let go of what was loaded."""
        self.failure = reason
        self.state = State.FAILED
        self.graph.close()

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
        """The servable of that name, or that has adapters of that name.

        It is the only one there is, if no name is given, or one of OpenAI's models.

        Raises
        ------
        APIError
            404; 503 while models are loading that may have an adapter of that name.
        """
        name = self.meant(name)
        names = [name for servable in self for name in servable.names]
        if not name:
            message = f"say which model: {_listed(names)}"
            raise APIError(400, message, param="model", code="missing_required_parameter")
        for servable in self:
            if name == servable.name or (name in servable.models and name not in self._by_name):
                return servable
        if any(
            servable.state is State.LOADING for servable in self
        ):  # and may turn out to have an adapter of that name
            raise _loading(f'the model "{name}" is not there, or not yet')
        message = f'there is no model "{name}"{did_you_mean(name, names)}; there is: {_listed(names)}'
        raise APIError(404, message, param="model", code="model_not_found")

    def find_available(self, name: str | None) -> Servable:
        """As `find`, but only if it is ready to run.

        Raises
        ------
        APIError
            404; 503 while it loads; 500 if it could not be loaded.
        """
        servable = self.find(name)
        if servable.state is State.LOADING:
            raise _loading(f'the model "{servable.name}" is still loading')
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
            self._refuse_taken_names(servable)
            if servable.state is State.AVAILABLE:
                _log.info("%s is ready at %s after %.1f s", servable.name, self._address, time.monotonic() - started)

    def _refuse_taken_names(self, servable: Servable) -> None:
        others = {name for other in self if other is not servable for name in (other.name, *other.models)}
        if taken := sorted(others & servable.models.keys()):
            servable.fail(f"its adapters have names that are taken by other models: {_listed(taken)}")

    def meant(self, name: str | None) -> str | None:
        """The name of a servable, or of its adapters, that a client means by `name`."""
        if name in self._by_name:
            return name
        name = self.aliases.get(name or "", name)
        if (not name or name in OPENAI_MODELS) and len(self._by_name) == 1:
            return next(iter(self)).names[0]
        return name


def _invalid(message: str, param: str) -> APIError:
    return APIError(400, message, param=param, code="invalid_value")


def _loading(message: str) -> APIError:
    return APIError(503, message, code="model_loading", headers={"retry-after": _LOADING_RETRY_SECONDS})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
