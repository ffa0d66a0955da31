"""The files of a model: one walk over them shows whether they changed and how large the weights are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_NOT_OF_MODELS = {".blob", ".jpeg", ".jpg", ".lock", ".log", ".md", ".part", ".png", ".tmp", ".webp"}
"""Suffixes of files that come and go in a folder, and that no model is loaded from."""

FileStamp = tuple[str, int, int, int]
"""A file's path, size in bytes, time of modification in nanoseconds, and inode number."""


@dataclass(frozen=True)
class ModelFiles:
    """The files that a model is loaded from. Equal to an earlier value if none of them changed.

    Attributes
    ----------
    stamps : frozenset of FileStamp
    weights_bytes : int
        The size of all weights in OpenVINO's format.
    """

    stamps: frozenset[FileStamp]
    weights_bytes: int

    @classmethod
    def find(cls, folder: Path, graph: Path | None = None) -> ModelFiles:
        """Walk over a folder once.

        Hidden files and folders, the cache of compiled models, logs and images are ignored.

        Parameters
        ----------
        folder : pathlib.Path
        graph : pathlib.Path, optional
            The file of the graph, if it may be outside the folder.
        """
        files = [file for file in _walk(folder) if file.suffix not in _NOT_OF_MODELS]
        stamps = frozenset(stamp for file in (*files, *([graph] if graph else [])) for stamp in _stamp(file))
        return cls(stamps, sum(size for path, size, _, _ in stamps if path.endswith(".bin")))

    def with_files(self, files: Iterable[Path]) -> ModelFiles:
        """Return these files and others, which hold no weights."""
        return ModelFiles(self.stamps.union(*map(_stamp, files)), self.weights_bytes)


def _walk(root: Path) -> Iterator[Path]:
    cache = os.path.realpath(os.environ.get("GRAPHFRAME_CACHE_DIR") or os.devnull)
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(os.path.join(folder, name)) != cache
        ]
        yield from (Path(folder, name) for name in files if not name.startswith("."))


def _stamp(file: Path) -> Iterator[FileStamp]:
    try:
        found = file.stat()
    except OSError:  # it was deleted, or is a broken link
        return
    if stat.S_ISREG(found.st_mode):
        yield str(file), found.st_size, found.st_mtime_ns, found.st_ino
