"""A servable whose model is brought from a hub first."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from graphframe.framework.graph import Graph
from graphframe.repository.folder_source import FolderSource
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pulling.prepare import prepare
from graphframe.repository.pulling.pull import Pull

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PullSource:
    """What a `FolderSource` is, once the model is here.

    Attributes
    ----------
    pull : Pull
    options : TaskOptions
    one_node : bool
        See `graphframe.repository.pulling.prepare.prepare`.
    """

    pull: Pull
    options: TaskOptions
    one_node: bool

    def prepare(self) -> None:
        """Bring the model, unless it is here, and write its graph; log it if that has to be kept."""
        prepared = prepare(self.pull, self.options, one_node=self.one_node)
        if prepared.graph_kept:
            _log.warning(prepared.notice)

    def progress(self) -> str:
        """How far that is."""
        return self.pull.progress()

    def open(self) -> Graph:
        """As `FolderSource.open`."""
        return self._source.open()

    def stamp(self) -> object:
        """As `FolderSource.stamp`."""
        return self._source.stamp()

    def weights(self) -> int:
        """As `FolderSource.weights`."""
        return self._source.weights()

    @property
    def _source(self) -> FolderSource:
        return FolderSource(self.pull.model_path)
