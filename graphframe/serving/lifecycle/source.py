"""Where models come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from graphframe.framework.graph import Graph
from graphframe.repository.model_files import ModelFiles


class ModelSource(Protocol):
    """Where a model comes from. Sources that compare equal are the same place."""

    def prepare(self) -> None:
        """Download missing files."""

    def progress(self) -> str:
        """Return how far `prepare` is, for people; an empty text if that is not known."""

    def files(self) -> ModelFiles:
        """Return the files as they are now."""

    def open(self) -> Graph:
        """Read and validate the graph."""


FindSources = Callable[[], Mapping[str, ModelSource]]
"""Returns the sources of the models to serve by name; raises `ConfigFileError`."""


class OpenedSource:
    """A source that opens its graph at once, so that a server fails before it starts. The first `open` returns it.

    Until then, `files` returns those that the graph was read from.
    """

    def __init__(self, source: ModelSource) -> None:
        self._source = source
        self._read: tuple[ModelFiles, Graph] | None = (source.files(), source.open())

    def prepare(self) -> None:
        """Download missing files."""
        self._source.prepare()

    def progress(self) -> str:
        """Return how far `prepare` is."""
        return self._source.progress()

    def files(self) -> ModelFiles:
        """Return the files that the next graph is read from."""
        return self._read[0] if self._read else self._source.files()

    def open(self) -> Graph:
        """Return the graph that was read first or, after that, read it again."""
        read, self._read = self._read, None
        return read[1] if read else self._source.open()
