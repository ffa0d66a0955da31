"""A model that is pulled before it is served."""

from __future__ import annotations

import logging
from pathlib import Path

from graphframe.framework.graph import Graph
from graphframe.repository.folder_source import FolderSource
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.model_files import ModelFiles
from graphframe.repository.pull_model import pull_model
from graphframe.repository.pulling.progress import PullProgress
from graphframe.repository.pulling.pull import Pull

_log = logging.getLogger(__name__)


class PullSource:
    """The source of a model that is pulled into a folder, and from then on served like a `FolderSource`.

    Parameters
    ----------
    pull : Pull
    options : TaskOptions
    one_node : bool, optional
        See `pull_model`.
    """

    def __init__(self, pull: Pull, options: TaskOptions, *, one_node: bool = False) -> None:
        self._pull = pull
        self._options = options
        self._one_node = one_node
        self._progress = PullProgress()
        self._folder = FolderSource(pull.model_path)

    @property
    def folder(self) -> Path:
        """The folder of the model."""
        return self._folder.folder

    def prepare(self) -> None:
        """Pull the model, unless it exists, and write its graph; warn if an edited graph is kept."""
        pulled = pull_model(self._pull, self._options, one_node=self._one_node, progress=self._progress)
        if pulled.graph_kept:
            _log.warning(pulled.notice)

    def progress(self) -> str:
        """Return how far `prepare` is."""
        return str(self._progress)

    def open(self) -> Graph:
        """See `FolderSource.open`."""
        return self._folder.open()

    def files(self) -> ModelFiles:
        """See `FolderSource.files`."""
        return self._folder.files()
