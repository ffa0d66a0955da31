"""A model on disk: a folder with a ``graph.pbtxt``, or a ``model_index.json`` that says which shipped graph fits."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path

_SHIPPED_GRAPHS = {
    "StableDiffusionPipeline": "stable_diffusion.pbtxt",
    "LatentConsistencyModelPipeline": "stable_diffusion.pbtxt",
}


class ModelFolderError(Exception):
    """A folder from which no model can be served; the message says what was looked for."""


def find_graph(folder: Path) -> Path:
    """The file with the graph for the model in `folder`; relative paths in it start from `folder`.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    pathlib.Path
        The folder's own ``graph.pbtxt`` if there is one, else the graph that ships for this kind of model.

    Raises
    ------
    ModelFolderError
        If the folder is missing or has neither, or if no graph ships for this kind of model.
    """
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "does not exist"
        raise ModelFolderError(f"the model folder {folder} {problem}")
    graph = folder / "graph.pbtxt"
    if graph.is_file():
        return graph
    name = _class_name(folder / "model_index.json")
    if name not in _SHIPPED_GRAPHS:
        raise ModelFolderError(
            f"{folder / 'model_index.json'}: no graph ships for the pipeline {name} (only for"
            f" {', '.join(_SHIPPED_GRAPHS)}); write one as {graph}"
        )
    return Path(str(importlib.resources.files("graphs") / _SHIPPED_GRAPHS[name]))


def _class_name(index: Path) -> str:
    if not index.is_file():
        found = ", ".join(sorted(path.name for path in index.parent.iterdir())[:8]) or "nothing"
        raise ModelFolderError(
            f"the model folder {index.parent} has neither graph.pbtxt nor model_index.json; it has: {found}"
        )
    try:
        content = json.loads(index.read_bytes())
    except ValueError as error:
        raise ModelFolderError(f"{index} is not valid JSON: {error}") from error
    name = content.get("_class_name") if isinstance(content, dict) else None
    if not isinstance(name, str):
        raise ModelFolderError(f'{index} has no "_class_name"')
    return name
