"""A model on disk: a folder with a ``graph.pbtxt``, or a ``model_index.json`` that says which shipped graph fits."""

from __future__ import annotations

import importlib.resources
import json
import os
from pathlib import Path
from typing import Any

_SHIPPED_GRAPHS = {
    "StableDiffusionPipeline": "stable_diffusion.pbtxt",
    "StableDiffusionInpaintPipeline": "stable_diffusion.pbtxt",
    "LatentConsistencyModelPipeline": "stable_diffusion.pbtxt",
    "StableDiffusionXLPipeline": "stable_diffusion_xl.pbtxt",
    "StableDiffusionXLInpaintPipeline": "stable_diffusion_xl.pbtxt",
    "StableDiffusion3Pipeline": "stable_diffusion_3.pbtxt",
    "StableDiffusion3InpaintPipeline": "stable_diffusion_3.pbtxt",
    "FluxPipeline": "flux.pbtxt",
    "FluxInpaintPipeline": "flux.pbtxt",
    "FluxFillPipeline": "flux.pbtxt",
    "Flux2KleinPipeline": "flux2_klein.pbtxt",
    "ZImagePipeline": "z_image.pbtxt",
    "QwenImagePipeline": "qwen_image.pbtxt",
}
_WITHOUT_PART = {("stable_diffusion_3.pbtxt", "text_encoder_3"): "stable_diffusion_3_without_t5.pbtxt"}
"""What stands for a graph where a model's index says that it lacks a part."""


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
    graph = folder / "graph.pbtxt"
    return graph if graph.is_file() else shipped_graph(folder)


def models_in(repository: Path) -> list[str]:
    """The paths of all folders with a model or a graph, relative to `repository`; what is inside of those is left out.

    Raises
    ------
    ModelFolderError
        If there is no such folder.
    """
    if not repository.is_dir():
        raise ModelFolderError(f"the model repository {repository} is no folder")
    found: list[str] = []
    for folder, folders, files in os.walk(repository):
        if {"graph.pbtxt", "model_index.json"} & {*files} and Path(folder) != repository:
            found.append(Path(folder).relative_to(repository).as_posix())
            folders.clear()
        folders[:] = [name for name in folders if not name.startswith(".")]
    return sorted(found)


def shipped_graph(folder: Path) -> Path:
    """The file with the graph that ships for the kind of model in `folder`, whether that has one of its own or not.

    Raises
    ------
    ModelFolderError
        If the folder is missing or holds no model, or if no graph ships for this kind of model.
    """
    if folder.exists() and not folder.is_dir():
        raise ModelFolderError(f"the model folder {folder} is not a folder")
    if not folder.exists():
        pull = f"; if that is its name at a hub: graphframe pull {folder}"
        raise ModelFolderError(f"the model folder {folder} does not exist{pull if _may_be_name(folder) else ''}")
    index = _index(folder / "model_index.json")
    torch = next(folder.glob("*/*.safetensors"), None)
    if torch and not any(folder.glob("*/openvino_model.xml")):
        raise ModelFolderError(
            f"the model folder {folder} holds PyTorch's weights ({torch.relative_to(folder)}) and no OpenVINO models;"
            f" graphframe export image_generation --source_model {folder} makes a folder with those"
        )
    name = index["_class_name"]
    if name not in _SHIPPED_GRAPHS:
        raise ModelFolderError(
            f"{folder / 'model_index.json'}: no graph ships for the pipeline {name} (only for"
            f" {', '.join(_SHIPPED_GRAPHS)}); write one as {folder / 'graph.pbtxt'}"
        )
    whole = _SHIPPED_GRAPHS[name]
    lacking = (file for (graph, part), file in _WITHOUT_PART.items() if graph == whole and _lacks(index, part))
    return Path(str(importlib.resources.files("graphframe.graphs") / next(lacking, whole)))


def _may_be_name(folder: Path) -> bool:
    return len(folder.parts) == 2 and not folder.is_absolute() and folder.parts[0] != ".."


def _lacks(index: dict[str, Any], part: str) -> bool:
    return part not in index or index[part] in (None, [None, None])  # diffusers writes [null, null]


def _index(index: Path) -> dict[str, Any]:
    """Read a ``model_index.json`` that has a ``_class_name``."""
    if not index.is_file():
        found = ", ".join(sorted(path.name for path in index.parent.iterdir())[:8]) or "nothing"
        raise ModelFolderError(
            f"the model folder {index.parent} has neither graph.pbtxt nor model_index.json; it has: {found}"
        )
    try:
        content = json.loads(index.read_bytes())
    except ValueError as error:
        raise ModelFolderError(f"{index} is not valid JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("_class_name"), str):
        raise ModelFolderError(f'{index} has no "_class_name"')
    return content
