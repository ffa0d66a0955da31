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
    paths : tuple of Path
        Python files, and folders of them. They count as the model's files.
    beside : bool
        Whether to import the folder ``calculators`` of the model, too, if it has one.
    """

    source: FolderSource | PullSource
    paths: tuple[Path, ...] = ()
    beside: bool = False

    def prepare(self) -> None:
        """Prepare the source."""
        self.source.prepare()

    def progress(self) -> str:
        """Return how far `prepare` is."""
        return self.source.progress()

    def files(self) -> ModelFiles:
        """Return the files of the model and those of `paths`."""
        files = self.source.files()
        return files.with_files([each for path in self.paths for each in (path, *path.glob("*.py"))])

    def open(self) -> Graph:
        """Import the calculators, and open the graph.

        Raises
        ------
        GraphError
            If a file cannot be imported; all errors of the source.
        """
        for path in self.paths:
            register_files(path)
        if self.beside and (folder := self.source.folder / _BESIDE).is_dir():
            register_files(folder)
        return self.source.open()
