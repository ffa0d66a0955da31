"""Keeps the models as the files say: loads, reloads, unloads and ends them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from graphframe.repository.config_file import ConfigFileError
from graphframe.serving.lifecycle.memory import Memory
from graphframe.serving.lifecycle.model import ModelSource, ServedModel, ServedModels, State
from graphframe.serving.lifecycle.version import Version
from graphframe.serving.options import ServerOptions

FindSources = Callable[[], Mapping[str, ModelSource]]
"""What is to be served by which name; raises `ConfigFileError`."""

_log = logging.getLogger(__name__)


class Registry:
    """As Falcon middleware it begins when the server starts, and closes all when it ends.

    Parameters
    ----------
    models : ServedModels
        What it keeps.
    find_sources : callable
    options : ServerOptions

    Attributes
    ----------
    memory : Memory
    """

    def __init__(self, models: ServedModels, find_sources: FindSources, options: ServerOptions) -> None:
        self._models = models
        self._find_sources = find_sources
        self._options = options
        self.memory = Memory(models, options.memory_budget_bytes)
        for model in models:
            model.loader = self._load_version
        self._reloading = threading.Lock()
        self._stopped = threading.Event()
        self._wrong = ""

    def reload(self, *, force: bool) -> None:
        """Load what is new or has changed, and end what is not there any more. Blocks until that is done.

        Parameters
        ----------
        force : bool
            Whether to load what may be half written, too, and what failed before.

        Raises
        ------
        ConfigFileError
            If it cannot be told what is to be served; then nothing changes.
        """
        with self._reloading:
            sources = self._find_sources()
            for model in self._models:
                if model.name not in sources and not model.ended:
                    _log.info("%s is served no more", model.name)
                    model.end()
            for name, source in sources.items():
                if name not in self._models:
                    model = ServedModel(name, source)
                    model.loader = self._load_version
                    self._models.add(model)
            for name, source in sources.items():
                model = self._models[name]
                if model.is_stale(source, force) and not self._stopped.is_set():
                    self._load(model, source)

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Start loading, and do not wait for it: gunicorn allows a start-up 30 seconds."""
        self._stopped.clear()
        threading.Thread(target=self._watch, name="registry", daemon=True).start()

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Close what is loaded."""
        self._stopped.set()
        for model in self._models:
            if model.version is not None:
                await asyncio.to_thread(model.version.close)

    def _load(self, model: ServedModel, source: ModelSource) -> None:
        began = time.monotonic()
        model.load(source, lazy=self._options.lazy_load)
        if model.state is State.AVAILABLE and not model.failure:
            where = ", ".join(f"http://{address}" for address in self._options.addresses)
            _log.info("%s is ready at %s after %.1f s", model.name, where, time.monotonic() - began)

    def _load_version(self, model: ServedModel, version: Version) -> None:
        self.memory.load(model, version)
        models = version.graph.properties.get("models", {})
        others = {name for other in self._models if other is not model for name in (other.name, *other.adapted_names)}
        if taken := sorted(others & models.keys()):
            version.close()
            names = ", ".join(f'"{name}"' for name in taken)
            raise ValueError(f"its adapters have names that are taken by other models: {names}")

    def _watch(self) -> None:
        poll = self._options.file_system_poll_wait_seconds
        self._reload_or_log()
        while not self._stopped.wait(poll or 1):
            if poll:
                self._reload_or_log()
            if self._options.idle_unload:
                self.memory.unload_idle(time.monotonic() - self._options.idle_unload)

    def _reload_or_log(self) -> None:
        try:
            self.reload(force=False)
            self._wrong = ""
        except ConfigFileError as error:
            if str(error) != self._wrong:
                self._wrong = str(error)
                _log.error("nothing is reloaded: %s", error)
        except Exception:
            _log.exception("reloading failed")
