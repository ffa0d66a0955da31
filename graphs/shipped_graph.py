"""The choice of the shipped graph that runs the model in a folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_BY_FAMILY = {
    "StableDiffusion": "stable_diffusion.pbtxt",
    "LatentConsistencyModel": "stable_diffusion.pbtxt",
    "StableDiffusionXL": "stable_diffusion_xl.pbtxt",
    "StableDiffusion3": "stable_diffusion_3.pbtxt",
    "Flux": "flux.pbtxt",
    "Flux2Klein": "flux2_klein.pbtxt",
    "ZImage": "z_image.pbtxt",
    "QwenImage": "qwen_image.pbtxt",
}
_PIPELINE = re.compile(r"(?:OV)?(?P<family>\w+?)(?:Img2Img|Inpaint|Fill)?Pipeline")
"""Class names of diffusers and, with ``OV``, of optimum-intel: pipelines of the same parts for one task or another."""
_WITHOUT_PART = {("stable_diffusion_3.pbtxt", "text_encoder_3"): "stable_diffusion_3_without_t5.pbtxt"}
"""The replacement of a graph when ``model_index.json`` lacks a part of the pipeline."""


class ModelFolderError(Exception):
    """A folder without a model that can be served; the message says what is missing."""


def shipped_graph(folder: Path) -> Path:
    """Return the file of the shipped graph for the pipeline that the folder's ``model_index.json`` names.

    Raises
    ------
    ModelFolderError
        If the folder is missing or holds no OpenVINO model, or no graph ships for its pipeline.
    """
    if folder.exists() and not folder.is_dir():
        raise ModelFolderError(f"the model folder {folder} is not a folder")
    if not folder.exists():
        pull = f"; to download a model of that name: graphframe pull {folder}" if _may_be_name(folder) else ""
        raise ModelFolderError(f"the model folder {folder} does not exist{pull}")
    index = _read_index(folder / "model_index.json")
    weights = next(folder.glob("*/*.safetensors"), None)
    if weights and not any(folder.glob("*/openvino_model.xml")):
        raise ModelFolderError(
            f"the model folder {folder} holds PyTorch weights ({weights.relative_to(folder)}) but no OpenVINO models;"
            f" export them with: graphframe export image_generation --source_model {folder}"
        )
    pipeline = index["_class_name"]
    match = _PIPELINE.fullmatch(pipeline)
    graph = _BY_FAMILY.get(match["family"]) if match else None
    if graph is None:
        supported = ", ".join(f"{family}Pipeline" for family in _BY_FAMILY)
        raise ModelFolderError(
            f"{folder / 'model_index.json'}: no graph ships for the pipeline {pipeline}; supported pipelines, also with"
            f" OV, Img2Img and Inpaint in their names: {supported}. Write a graph for it as {folder / 'graph.pbtxt'}"
        )
    without = (file for (whole, part), file in _WITHOUT_PART.items() if whole == graph and _lacks(index, part))
    return Path(__file__).with_name(next(without, graph))


def _may_be_name(folder: Path) -> bool:
    return len(folder.parts) == 2 and not folder.is_absolute() and folder.parts[0] != ".."


def _lacks(index: dict[str, Any], part: str) -> bool:
    return part not in index or index[part] in (None, [None, None])  # diffusers writes [null, null]


def _read_index(path: Path) -> dict[str, Any]:
    """Read a ``model_index.json`` and check that it has a ``_class_name``."""
    if not path.is_file():
        found = ", ".join(sorted(file.name for file in path.parent.iterdir())[:8]) or "nothing"
        raise ModelFolderError(
            f"the model folder {path.parent} has neither graph.pbtxt nor model_index.json; it has: {found}"
        )
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise ModelFolderError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("_class_name"), str):
        raise ModelFolderError(f'{path} has no "_class_name"')
    return content
