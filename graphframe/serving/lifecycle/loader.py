"""All steps from the files of a model to a graph that serves requests."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from functools import partial

from graphframe.framework.errors import GraphConfigError, GraphError
from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.repository.default_device import on_default_device
from graphframe.repository.export import ExportError
from graphframe.repository.graph_writing.task_options import TaskOptionsError
from graphframe.repository.model_files import ModelFiles
from graphframe.repository.pulling.errors import PullError
from graphframe.serving.lifecycle.memory import load_and_measure, resident_bytes
from graphframe.serving.lifecycle.model import ServedModel
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.lifecycle.served_graph import ServedGraph
from graphframe.serving.lifecycle.source import ModelSource
from graphframe.serving.lifecycle.warm_up import run_warm_up

_COMPLETE = (GraphConfigError, ModelFolderError, PullError, ExportError, TaskOptionsError)
"""Errors whose message is complete: a traceback in the log would add nothing."""

_MOST_READS = 3
_CLOSE_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Loader:
    """The owner of all loading: it loads, replaces and unloads graphs, one at a time, within a memory budget.

    While a model is reloaded, its old and its new graph are both in memory.

    Parameters
    ----------
    models : ServedModels
        All models that share the budget and the names.
    memory_budget : int, optional
        Bytes that loaded models may take; those least recently used are unloaded. Default: no limit.
    lazy : bool, optional
        Whether the first request for a model loads it.
    warm_up : bool, optional
        Whether to run a graph once before it is served. One that replaces another is always run, for a small image at
        least.
    """

    def __init__(
        self, models: ServedModels, memory_budget: int | None = None, *, lazy: bool = False, warm_up: bool = True
    ) -> None:
        self._models = models
        self._budget = memory_budget
        self._lazy = lazy
        self._warm_up = warm_up
        self._one_at_a_time = threading.Lock()

    def load(self, model: ServedModel, source: ModelSource) -> None:
        """Load a model from a source, and serve it in place of its old graph.

        If that fails, the model has the reason, and its old graph is still served.
        """
        model.source, model.ended = source, False
        lazy, files = self._lazy and not model.loaded, None
        try:
            if model.graph is None:  # NOTE: otherwise the files are local, and what was changed in them is kept
                source.prepare()
            for _ in range(_MOST_READS):
                files = source.files()
                graph = self._open(model, files)
                if not lazy:
                    self._load(model, graph, warm_up=self._warm_up or model.graph is not None)
                if source.files() == files:
                    model.serve(graph)
                    break
                graph.close()
            else:
                raise GraphError("its files kept changing while they were read")
        except Exception as error:
            _fail(model, error)
        model.files = files or source.files()

    def unload(self, model: ServedModel) -> None:
        """Unload a model until the next request; if runs use it, when they end."""
        graph = model.graph
        if graph is None:  # another thread ended it
            return
        try:
            model.serve(self._open(model, graph.files))
        except Exception as error:
            _fail(model, error)
            model.replace(None)

    def unload_idle(self, since: float) -> None:
        """Unload the models that were used last before `since`, on `time.monotonic`'s clock.

        A graph that is served because the newer one failed is kept: its files are gone.
        """
        for model in self._models:
            graph, idle = model.graph, model.last_used < since and not model.failure
            if idle and graph is not None and graph.loaded and not graph.in_use:
                _log.info("%s is unloaded, since it is not used", model.name)
                self.unload(model)

    def _open(self, model: ServedModel, files: ModelFiles) -> ServedGraph:
        return ServedGraph(model.source.open(), files, partial(self._load_late, model))

    def _load(self, model: ServedModel, graph: ServedGraph, *, warm_up: bool) -> None:
        with self._one_at_a_time:
            self._make_room(model, graph.files.weights_bytes)
            try:
                graph.graph, chosen = on_default_device(graph.graph)
                if chosen:
                    _log.info("%s uses %s", model.name, chosen)
                before = resident_bytes()
                graph.footprint = load_and_measure(graph.graph)
                self._check_names(model, graph)
                if warm_up:
                    run_warm_up(graph.graph, smallest=not self._warm_up)
                    graph.footprint = replace(graph.footprint, resident_bytes=max(resident_bytes() - before, 0))
            except BaseException:
                _close(graph)
                raise
            model.loads += 1
            model.bytes = graph.footprint.bytes
            model.properties = dict(graph.graph.properties)

    def _load_late(self, model: ServedModel, graph: ServedGraph) -> None:
        """Load a graph that is served already, for a request that waits."""
        try:
            self._load(model, graph, warm_up=False)
        except Exception as error:
            if model.graph is graph:
                _fail(model, error)
                model.replace(None)
            raise

    def _make_room(self, model: ServedModel, weights: int) -> None:
        """Unload models, the least recently used first, until another one fits.

        A model that took more than the budget when it was loaded before is loaded alone.
        """
        if self._budget is None:
            return
        if weights > self._budget:
            raise MemoryError(f"its weights are {weights} bytes, more than the memory_budget of {self._budget}")
        needed = model.bytes or weights
        while others := [other for other in self._models if other is not model and other.loaded]:
            if sum(other.bytes for other in others) + needed <= self._budget:
                return
            oldest = min(others, key=lambda other: (other.in_use, other.last_used))
            _log.info("%s is unloaded to make room for %s", oldest.name, model.name)
            graph = oldest.graph
            self.unload(oldest)
            if graph is not None:
                graph.closed.wait()

    def _check_names(self, model: ServedModel, graph: ServedGraph) -> None:
        others = {name for other in self._models if other is not model for name in (other.name, *other.adapted_names)}
        if taken := sorted(others & graph.graph.properties.get("models", {}).keys()):
            names = ", ".join(f'"{name}"' for name in taken)
            raise ValueError(f"its adapters have names that are taken by other models: {names}")


def _close(graph: ServedGraph) -> None:
    """Close a graph that is not served, without waiting long for a node that does not return."""
    closing = threading.Thread(target=graph.close, name="close", daemon=True)
    closing.start()
    closing.join(_CLOSE_SECONDS)


def _fail(model: ServedModel, error: Exception) -> None:
    from graphframe.inference.errors import DeviceError, ModelError  # their package imports OpenVINO; serve should not

    model.failure = str(error)
    model.failed_loads += 1
    complete = isinstance(error, _COMPLETE) or isinstance(error.__cause__, DeviceError | ModelError)
    reason = None if complete else error
    _log.error("%s could not be loaded: %s", model.name, error, exc_info=reason)
