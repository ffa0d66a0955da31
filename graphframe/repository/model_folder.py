"""Model folders: the graph of one, and all that a model repository holds."""

from __future__ import annotations

import os
from pathlib import Path

from graphframe.graphs.shipped_graph import ModelFolderError, shipped_graph

GRAPH = "graph.pbtxt"
"""The name of a model folder's own graph."""


def find_graph(folder: Path) -> Path:
    """Return the file with the graph for a model folder; relative paths in that graph start from the folder.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    pathlib.Path
        The folder's own ``graph.pbtxt`` or, without one, the shipped graph for its pipeline.

    Raises
    ------
    ModelFolderError
        If the folder is missing or has neither, or no graph ships for its pipeline.
    """
    graph = folder / GRAPH
    return graph if graph.is_file() else shipped_graph(folder)


def snapshot_of(folder: Path) -> Path:
    """Return the snapshot in a folder of Hugging Face's cache, ``models--org--name``; other folders as they are.

    The snapshot is that of the branch ``main`` or, without one, the newest.
    """
    snapshots = folder / "snapshots"
    if not folder.name.startswith("models--") or not snapshots.is_dir():
        return folder
    main = folder / "refs" / "main"
    if main.is_file() and (named := snapshots / main.read_text(encoding="utf-8").strip()).is_dir():
        return named
    newest_first = sorted(snapshots.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
    return next((each for each in newest_first if each.is_dir()), folder)


def graph_file(path: Path) -> Path:
    """Return `path` or, if it is a model folder, the file of its graph.

    Raises
    ------
    ModelFolderError
        If `path` is a folder, and `find_graph` finds no graph for it.
    """
    return find_graph(snapshot_of(path)) if path.is_dir() else path


def models_in(repository: Path) -> list[str]:
    """Return the sorted paths of all model folders in `repository`, relative to it.

    A model folder has a ``graph.pbtxt`` or a ``model_index.json``. Its own subfolders and hidden folders are skipped.

    Raises
    ------
    ModelFolderError
        If `repository` is not a folder.
    """
    if not repository.is_dir():
        raise ModelFolderError(f"the model repository {repository} is not a folder")
    found: list[str] = []
    for folder, folders, files in os.walk(repository):
        if {GRAPH, "model_index.json"} & {*files} and Path(folder) != repository:
            found.append(Path(folder).relative_to(repository).as_posix())
            folders.clear()
        folders[:] = [name for name in folders if not name.startswith(".")]
    return sorted(found)
