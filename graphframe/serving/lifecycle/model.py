"""A graph under the name that clients ask for it by, and all of them together."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from types import MappingProxyType
from typing import Any, Protocol

from graphframe.framework.errors import GraphConfigError, GraphError, did_you_mean
from graphframe.framework.graph import Graph
from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.repository.export import ExportError
from graphframe.repository.graph_writing.task_options import TaskOptionsError
from graphframe.repository.pulling.errors import PullError
from graphframe.serving.errors import NO_RETRY, APIError
from graphframe.serving.lifecycle.version import Version

OPENAI_MODELS = ("gpt-image-1", "dall-e-2", "dall-e-3")
"""What clients ask for that know no other names."""

_TOLD = (GraphConfigError, ModelFolderError, PullError, ExportError, TaskOptionsError)
"""Errors whose message says all: where they were raised is of no use in the log."""

_LOADING_RETRY_SECONDS = "5"
_MOST_TRIES = 3

_log = logging.getLogger(__name__)


class State(Enum):
    """How far a model has come."""

    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    FAILED = "FAILED"
    END = "END"


class ModelSource(Protocol):
    """Where the graph of a model comes from."""

    def prepare(self) -> None:
        """Bring here what is elsewhere."""

    def progress(self) -> str:
        """How far that is; empty if there is nothing to tell."""

    def open(self) -> Graph:
        """Read and validate it."""

    def stamp(self) -> object:
        """What is another once the graph or the model has changed."""

    def weights(self) -> int:
        """About how many bytes its models weigh, as far as that can be told before they are loaded."""


class ServedModel:
    """A graph that takes a ``REQUEST`` and gives ``IMAGE`` packets, under a name.

    Attributes
    ----------
    name : str
    source : ModelSource
    loader : callable
        What loads a version of it.
    version : Version or None
        What is served; None before the first is there, and after the end.
    failure : str
        Why the last one could not be loaded; the one before it may still be served.
    ended : bool
        Whether it is served no more.
    available_since : int
        In seconds of the Unix epoch.
    last_used : float
        When a run ended, on `time.monotonic`'s clock.
    bytes : int
        What it took when it was loaded last, or will take about.
    properties : mapping
        Those of the graph that was loaded last.
    """

    def __init__(self, name: str, source: ModelSource) -> None:
        self.name = name
        self.source = source
        self.loader: Callable[[ServedModel, Version], None] = lambda _, version: version.load()
        self.version: Version | None = None
        self.failure = ""
        self.ended = False
        self.available_since = 0
        self.last_used = time.monotonic()
        self.bytes = 0
        self.properties: Mapping[str, Any] = {}
        self._tried: object = None
        self._seen: object = None

    @property
    def adapted_names(self) -> Mapping[str, Mapping[str, float]]:
        """The names to ask for it by beside its own, each with the LoRA adapters that it applies and their alphas."""
        models: Mapping[str, Mapping[str, float]] = self.properties.get("models", {})
        return models

    @property
    def names(self) -> list[str]:
        """All names to ask for it by; not its own, if it has adapters that are always applied."""
        own = [self.name] if self.properties.get("base_model", True) else []
        return [*own, *self.adapted_names]

    def adapters(self, name: str | None, alphas: Mapping[str, float] | None) -> dict[str, float]:
        """What a request applies that asks for `name` and perhaps for other alphas.

        Raises
        ------
        APIError
            400, if it cannot be asked for that, or that does not apply one of these adapters.
        """
        if name is None or name not in self.adapted_names:
            if self.name not in self.names:
                message = f'the adapters of "{self.name}" are always applied; ask for {_listed(self.names)}'
                raise _invalid(message, "model")
            if alphas and not any(self.adapted_names.values()):
                raise _invalid(f'"{self.name}" has no LoRA adapters that requests choose', "lora_alphas")
            return {}  # NOTE: whatever the alphas: so a client turns adapters off by this name alone
        applied = self.adapted_names[name]
        for alias in alphas or {}:
            if alias not in applied:
                known = _listed(applied) or "none whose alpha can be chosen"
                raise _invalid(f'the model "{name}" applies not "{alias}"; it applies {known}', "lora_alphas")
        return {**applied, **(alphas or {})}

    @property
    def state(self) -> State:
        """How far it has come."""
        if self.ended:
            return State.END
        if self.version is not None:
            return State.AVAILABLE
        return State.FAILED if self.failure else State.LOADING

    def is_stale(self, source: ModelSource, force: bool) -> bool:
        """Whether `load` is due: never before, or the files have changed since and are the same as when last asked.

        With `force`, they need not be the same, and a failure is a reason, too.
        """
        stamp = (source, source.stamp())
        if self._tried is None or self.ended:
            return True
        if stamp == self._tried:
            return force and bool(self.failure)
        settled = stamp == self._seen
        self._seen = stamp
        return settled or force

    def load(self, source: ModelSource | None = None, *, lazy: bool = False) -> None:
        """Read the graph, load it, and serve it in place of the one before. Blocks; a failure is kept, not raised.

        Parameters
        ----------
        source : ModelSource, optional
            Where it comes from by now.
        lazy : bool, optional
            Whether to leave loading to whoever uses it first; not if the one before is loaded.
        """
        self.source, self.ended = source or self.source, False
        lazy = lazy and not (self.version is not None and self.version.loaded)
        try:
            version = self._read_whole(lazy)
        except Exception as error:
            self._report(error)
        else:
            self._serve(version)

    def unload(self) -> None:
        """Let go of what is loaded until it is used again; of what is in use, when that ends."""
        try:
            self._serve(Version(self.source.open()))
        except Exception as error:
            self._fail(error)

    def end(self) -> None:
        """Serve it no more; runs under way go on."""
        self.ended, self.failure = True, ""
        self._replace(None)

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Graph]:
        """The graph to run now: within, it stays loaded, whatever is served by its name meanwhile.

        Raises
        ------
        APIError
            If it cannot be loaded, or is served no more.
        """
        version = self._hold()
        try:
            if not version.loaded:
                await self._load_late(version)
            yield version.graph
        finally:
            self.last_used = time.monotonic()
            version.release()

    def check_available(self) -> None:
        """Raise APIError unless it can be used: 404 after its end, 503 while it loads, 500 if that failed."""
        if self.state is State.END:
            raise APIError(404, f'the model "{self.name}" is served no more', param="model", code="model_not_found")
        if self.state is State.LOADING:
            message = f'the model "{self.name}" is still loading'
            raise APIError(503, message, code="model_loading", headers={"retry-after": _LOADING_RETRY_SECONDS})
        if self.state is State.FAILED:
            message = f'the model "{self.name}" could not be loaded'
            raise APIError(500, message, code="model_failed", headers=NO_RETRY)

    def _hold(self) -> Version:
        while True:
            version = self.version
            self.check_available()
            if version is not None and version.hold():
                return version

    async def _load_late(self, version: Version) -> None:
        """Load what was left to its first use; all who wait for that share one thread."""
        if version.loading is None:
            version.loading = asyncio.ensure_future(asyncio.to_thread(self._load, version))
        try:
            await asyncio.shield(version.loading)
        except Exception as error:
            if self.version is version:
                self._fail(error)
            self.check_available()
            raise

    def _read_whole(self, lazy: bool) -> Version:
        """A version of files that did not change while they were read."""
        self._tried = (self.source, self.source.stamp())
        if self.version is None:  # else it is here, and files that were changed since are to be kept
            self.source.prepare()
        for _ in range(_MOST_TRIES):
            stamp = self.source.stamp()
            self._tried = (self.source, stamp)
            version = Version(self.source.open())
            self.bytes = self.bytes or self.source.weights()
            if not lazy:
                self._load(version)
            if self.source.stamp() == stamp:
                return version
            version.close()
        raise GraphError("its files kept changing while they were read")

    def _load(self, version: Version) -> None:
        self.loader(self, version)
        self.properties = dict(version.graph.properties)

    def _serve(self, version: Version) -> None:
        self.failure = ""
        self.available_since = int(time.time())
        self._replace(version)

    def _fail(self, error: Exception) -> None:
        """Serve nothing, since there is nothing that works."""
        self._report(error)
        self._replace(None)

    def _report(self, error: Exception) -> None:
        self.failure = str(error)
        _log.error("%s could not be loaded: %s", self.name, error, exc_info=None if isinstance(error, _TOLD) else error)

    def _replace(self, version: Version | None) -> None:
        retired, self.version = self.version, version
        if retired is not None:
            retired.retire()


class ServedModels:
    """All models by name.

    Parameters
    ----------
    models : iterable of ServedModel
    aliases : mapping of str to str, optional
        Other names to ask for some of them by.
    """

    def __init__(self, models: Iterable[ServedModel], aliases: Mapping[str, str] = MappingProxyType({})) -> None:
        self.aliases = aliases
        self._by_name = {model.name: model for model in models}

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(sorted(self._by_name.values(), key=lambda model: model.name))

    def add(self, model: ServedModel) -> None:
        """Let it be found."""
        self._by_name = {**self._by_name, model.name: model}

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> ServedModel:
        return self._by_name[name]

    def find(self, name: str | None) -> ServedModel:
        """The model of that name, or that has adapters of that name.

        It is the only one there is, if no name is given, or one of OpenAI's models.

        Raises
        ------
        APIError
            404; 503 while models are loading that may have an adapter of that name.
        """
        name = self.meant(name)
        served = [model for model in self if not model.ended]
        names = [name for model in served for name in model.names]
        if not name:
            message = f"say which model: {_listed(names)}"
            raise APIError(400, message, param="model", code="missing_required_parameter")
        for model in served:
            if name == model.name or (name in model.adapted_names and name not in self._by_name):
                return model
        if any(model.state is State.LOADING for model in self):  # it may have an adapter of that name
            raise _loading(f'the model "{name}" is not there, or not yet')
        message = f'there is no model "{name}"{did_you_mean(name, names)}; there is: {_listed(names) or "none"}'
        raise APIError(404, message, param="model", code="model_not_found")

    def find_available(self, name: str | None) -> ServedModel:
        """As `find`, but only if it is ready to run.

        Raises
        ------
        APIError
            404; 503 while it loads; 500 if it could not be loaded.
        """
        model = self.find(name)
        model.check_available()
        return model

    def meant(self, name: str | None) -> str | None:
        """The name of a model, or of its adapters, that a client means by `name`."""
        if name in self._by_name:
            return name
        name = self.aliases.get(name or "", name)
        served = [model for model in self if not model.ended]
        if (not name or name in OPENAI_MODELS) and len(served) == 1:
            return served[0].names[0]
        return name


def _invalid(message: str, param: str) -> APIError:
    return APIError(400, message, param=param, code="invalid_value")


def _loading(message: str) -> APIError:
    return APIError(503, message, code="model_loading", headers={"retry-after": _LOADING_RETRY_SECONDS})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
