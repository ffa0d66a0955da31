"""A model whose calculators are in files that are not installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphframe.framework.config.calculator_files import register_files
from graphframe.framework.graph import Graph
from graphframe.repository.folder_source import FolderSource
from graphframe.repository.model_files import ModelFiles
from graphframe.repository.pull_source import PullSource

_BESIDE = "calculators"


@dataclass(frozen=True)
class CalculatorSource:
    """Another source, with calculators that are imported each time its graph is opened.

    Attributes
    ----------
    source : FolderSource or PullSource
    path : Path or None
        A Python file, or a folder of them. Its files count as the model's.
    beside : bool
        Whether to import the folder ``calculators`` of the model, too, if it has one.
    """

    source: FolderSource | PullSource
    path: Path | None = None
    beside: bool = False

    def prepare(self) -> None:
        """Prepare the source."""
        self.source.prepare()

    def progress(self) -> str:
        """Return how far `prepare` is."""
        return self.source.progress()

    def files(self) -> ModelFiles:
        """Return the files of the model and those of `path`."""
        files = self.source.files()
        return files if self.path is None else files.with_files([self.path, *self.path.glob("*.py")])

    def open(self) -> Graph:
        """Import the calculators, and open the graph.

        Raises
        ------
        GraphError
            If a file cannot be imported; all errors of the source.
        """
        if self.path is not None:
            register_files(self.path)
        if self.beside and (folder := self.source.folder / _BESIDE).is_dir():
            register_files(folder)
        return self.source.open()
