"""A model in a folder: its graph, and whether its files changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphframe.framework.config.registry import load_option_types
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.text.reading import parse_file
from graphframe.framework.graph import Graph
from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.repository.graph_writing.graph_file import staged_graph
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.image_graph import to_image_graph
from graphframe.repository.model_files import ModelFiles
from graphframe.repository.model_folder import find_graph, snapshot_of


@dataclass(frozen=True)
class FolderSource:
    """A model folder and, if it is not the folder's own, its graph.

    Attributes
    ----------
    folder : Path
        The folder that relative paths in the graph start from.
    graph : Path or None
        The graph's file; by default the folder's ``graph.pbtxt`` or, without one, the graph that ships for the model.
    options : TaskOptions or None
        Options from which the graph is made in memory, instead of reading a file.
    side_packets : tuple of tuple
        The names and values of the graph's input side packets, as text.
    """

    folder: Path
    graph: Path | None = None
    options: TaskOptions | None = None
    side_packets: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Find the snapshot in a folder of Hugging Face's cache."""
        object.__setattr__(self, "folder", snapshot_of(self.folder))

    def prepare(self) -> None:
        """Do nothing: the files are local."""

    def progress(self) -> str:
        """Return an empty text: `prepare` takes no time."""
        return ""

    def files(self) -> ModelFiles:
        """Return the files as they are now."""
        return ModelFiles.find(self.folder, self.graph)

    def open(self) -> Graph:
        """Read and validate the graph.

        Raises
        ------
        ModelFolderError
            If it is missing or cannot be read.
        GraphConfigError
            If it is invalid, or generates no images.
        """
        try:
            return to_image_graph(self._config(), self.folder, dict(self.side_packets))
        except OSError as error:
            raise ModelFolderError(f"the graph of {self.folder} cannot be read: {error}") from error

    def _config(self) -> SourcedConfig:
        if self.options is None:
            return parse_file(self.graph or find_graph(self.folder), load_option_types)
        return SourcedConfig(staged_graph(self.folder, self.options), f"the graph of {self.folder}")
