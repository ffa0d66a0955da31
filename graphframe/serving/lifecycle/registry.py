"""Keeps the servables as the files say: loads, reloads, unloads and ends them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from graphframe.repository.config_file import ConfigFileError
from graphframe.serving.lifecycle.memory import Memory
from graphframe.serving.lifecycle.servable import Servable, Servables, Source, State
from graphframe.serving.lifecycle.version import Version
from graphframe.serving.options import ServerOptions

FindSources = Callable[[], Mapping[str, Source]]
"""What is to be served by which name; raises `ConfigFileError`."""

_log = logging.getLogger(__name__)


class Registry:
    """As Falcon middleware it begins when the server starts, and closes all when it ends.

    Parameters
    ----------
    servables : Servables
        What it keeps.
    find_sources : callable
    options : ServerOptions

    Attributes
    ----------
    memory : Memory
    """

    def __init__(self, servables: Servables, find_sources: FindSources, options: ServerOptions) -> None:
        self._servables = servables
        self._find_sources = find_sources
        self._options = options
        self.memory = Memory(servables, options.memory_budget_bytes)
        for servable in servables:
            servable.loader = self._load_version
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
            for servable in self._servables:
                if servable.name not in sources and not servable.ended:
                    _log.info("%s is served no more", servable.name)
                    servable.end()
            for name, source in sources.items():
                if name not in self._servables:
                    servable = Servable(name, source)
                    servable.loader = self._load_version
                    self._servables.add(servable)
            for name, source in sources.items():
                servable = self._servables[name]
                if servable.is_stale(source, force) and not self._stopped.is_set():
                    self._load(servable, source)

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Start loading, and do not wait for it: gunicorn allows a start-up 30 seconds."""
        self._stopped.clear()
        threading.Thread(target=self._watch, name="registry", daemon=True).start()

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Close what is loaded."""
        self._stopped.set()
        for servable in self._servables:
            if servable.version is not None:
                await asyncio.to_thread(servable.version.close)

    def _load(self, servable: Servable, source: Source) -> None:
        began = time.monotonic()
        servable.load(source, lazy=self._options.lazy_load)
        if servable.state is State.AVAILABLE and not servable.failure:
            where = ", ".join(f"http://{address}" for address in self._options.addresses)
            _log.info("%s is ready at %s after %.1f s", servable.name, where, time.monotonic() - began)

    def _load_version(self, servable: Servable, version: Version) -> None:
        self.memory.load(servable, version)
        models = version.graph.properties.get("models", {})
        others = {name for other in self._servables if other is not servable for name in (other.name, *other.models)}
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
