"""Where the graph of a servable comes from, and whether that has changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graphframe.framework.config.reading import SourcedConfig, parse_file
from graphframe.framework.config.registry import load_option_types
from graphframe.framework.graph import Graph
from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.repository.graph_writing.graph_file import staged_graph
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.image_graph import to_image_graph
from graphframe.repository.model_folder import find_graph

_OF_NO_MODEL = {".blob", ".jpeg", ".jpg", ".lock", ".log", ".md", ".part", ".png", ".tmp", ".webp"}
"""What may lie in a folder, and come and go, and is nothing that a model is loaded from."""


@dataclass(frozen=True)
class FolderSource:
    """A model folder and, if it is not the folder's own, its graph.

    Attributes
    ----------
    folder : Path
        What relative paths in the graph start from.
    graph : Path or None
        The graph's file; by default the folder's ``graph.pbtxt`` or, without one, the graph that ships for the model.
    options : TaskOptions or None
        Options from which a graph is made that is in no file.
    """

    folder: Path
    graph: Path | None = None
    options: TaskOptions | None = None

    def prepare(self) -> None:
        """Nothing is elsewhere."""

    def progress(self) -> str:
        """Nothing is to be told."""
        return ""

    def open(self) -> Graph:
        """Read and validate the graph.

        Raises
        ------
        ModelFolderError
            If there is none, or it cannot be read.
        GraphConfigError
            If it is wrong, or is not one that makes images.
        """
        try:
            return to_image_graph(self._config(), self.folder)
        except OSError as error:
            raise ModelFolderError(f"the graph of {self.folder} cannot be read: {error}") from error

    def stamp(self) -> frozenset[tuple[str, int, int, int]]:
        """The paths of the graph and of all files in the folder, with their sizes, times and numbers.

        What is hidden is left out, folders and files whose names begin with a dot; and so are the cache of compiled
        models, and logs, pictures and the like.
        """
        files = [file for file in self._files() if file.suffix not in _OF_NO_MODEL]
        if self.graph is not None:
            files.append(self.graph)
        return frozenset(found for file in files for found in _stamp(file))

    def weights(self) -> int:
        """The bytes of all weights in OpenVINO's format in the folder."""
        return sum(size for file in self._files() if file.suffix == ".bin" for _, size, _, _ in _stamp(file))

    def _config(self) -> SourcedConfig:
        if self.options is None:
            return parse_file(self.graph or find_graph(self.folder), load_option_types)
        return SourcedConfig(staged_graph(self.folder, self.options), f"the graph of {self.folder}")

    def _files(self) -> Iterator[Path]:
        cache = os.path.realpath(os.environ.get("GRAPHFRAME_CACHE_DIR") or os.devnull)
        for folder, folders, files in os.walk(self.folder):
            folders[:] = [
                name
                for name in folders
                if not name.startswith(".") and os.path.realpath(os.path.join(folder, name)) != cache
            ]
            yield from (Path(folder, name) for name in files if not name.startswith("."))


def _stamp(file: Path) -> Iterator[tuple[str, int, int, int]]:
    try:
        found = file.stat()
    except OSError:  # it is gone, or is a link to nowhere
        return
    if stat.S_ISREG(found.st_mode):
        yield str(file), found.st_size, found.st_mtime_ns, found.st_ino
