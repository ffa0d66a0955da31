"""Watching the files of models, to keep what is served up to date."""

from __future__ import annotations

import logging
import threading
import time

from graphframe.repository.config_file import ConfigFileError
from graphframe.repository.model_files import ModelFiles
from graphframe.serving.lifecycle.loader import Loader
from graphframe.serving.lifecycle.model import ServedModel, State
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.lifecycle.source import FindSources, ModelSource
from graphframe.serving.options import ServerOptions

_log = logging.getLogger(__name__)


class Watcher:
    """A thread that loads new and changed models, ends those that were removed, and unloads idle ones.

    Parameters
    ----------
    models : ServedModels
    loader : Loader
    find_sources : callable
    options : ServerOptions
    """

    def __init__(self, models: ServedModels, loader: Loader, find_sources: FindSources, options: ServerOptions) -> None:
        self._models = models
        self._loader = loader
        self._find_sources = find_sources
        self._options = options
        self._seen: dict[str, tuple[ModelSource, ModelFiles]] = {}
        self._reloading = threading.Lock()
        self._stopped = threading.Event()
        self._woken = threading.Event()
        self._logged = ""

    def start(self) -> None:
        """Load all models, and watch their files from then on, in a thread."""
        # NOTE: new events: the thread of an earlier start may not have seen that it was stopped.
        self._stopped, self._woken = threading.Event(), threading.Event()
        threading.Thread(target=self._watch, args=(self._stopped, self._woken), name="watcher", daemon=True).start()

    def stop(self) -> None:
        """Close all graphs."""
        self._stopped.set()
        self._woken.set()
        for model in self._models:
            if model.graph is not None:
                model.graph.close()

    def reload_soon(self) -> None:
        """Reload with `force` in the thread that watches, which logs what is wrong."""
        self._woken.set()

    def reload(self, *, force: bool) -> None:
        """Load models that are new or changed, and end those that were removed. Blocks until that is done.

        Parameters
        ----------
        force : bool
            Whether to load also files that may be half written, and models that failed before.

        Raises
        ------
        ConfigFileError
            If the config is invalid; then nothing changes.
        """
        with self._reloading:
            sources = self._find_sources()
            for model in self._models:
                if model.name not in sources and not model.ended:
                    _log.info("%s is removed", model.name)
                    model.end()
            for name, source in sources.items():
                if name not in self._models:
                    self._models.add(ServedModel(name, source))
            for name, source in sources.items():
                if self._is_due(self._models[name], source, force) and not self._stopped.is_set():
                    self._load(self._models[name], source)

    def _is_due(self, model: ServedModel, source: ModelSource, force: bool) -> bool:
        """Return whether a model is new, or its files changed and then stayed the same for one interval.

        With `force`, they may have changed just now, and a failure is a reason, too.
        """
        if model.files is None:
            return True
        found = (source, source.files())
        if found == (model.source, model.files):
            return force and bool(model.failure)
        settled = found == self._seen.get(model.name)
        self._seen[model.name] = found
        return settled or force

    def _load(self, model: ServedModel, source: ModelSource) -> None:
        began = time.monotonic()
        self._loader.load(model, source)
        if model.state is State.AVAILABLE and not model.failure:
            where = ", ".join(f"http://{address}" for address in self._options.addresses)
            page = f"; open {url}" if (url := self._options.page_url) else ""
            _log.info("%s is ready at %s after %.1f s%s", model.name, where, time.monotonic() - began, page)

    def _watch(self, stopped: threading.Event, woken: threading.Event) -> None:
        poll, idle = self._options.file_system_poll_wait_seconds, self._options.idle_unload
        self._reload_or_log(force=False)
        while not stopped.is_set():
            asked = woken.wait(poll or 1)
            woken.clear()
            if (poll or asked) and not stopped.is_set():
                self._reload_or_log(force=asked)
            if idle:
                self._loader.unload_idle(time.monotonic() - idle)

    def _reload_or_log(self, *, force: bool) -> None:
        try:
            self.reload(force=force)
            self._logged = ""
        except ConfigFileError as error:
            if str(error) != self._logged:
                self._logged = str(error)
                _log.error("nothing is reloaded: %s", error)
        except Exception:
            _log.exception("reloading failed")
