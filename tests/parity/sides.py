"""The two sides that are compared: openvino_genai's pipelines, and our graphs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import openvino
import openvino_genai
from numpy.typing import NDArray

import graphframe as gf
from graphframe.images import ImageRequest
from graphframe.repository.model_folder import find_graph
from tests.calculators.image.files import encoded, gradient, halves
from tests.parity.cells import IMAGE_TO_IMAGE, INPAINTING, TEXT_TO_IMAGE, Cell
from tests.parity.images import Images, from_base64

_PIPELINES = {
    TEXT_TO_IMAGE: openvino_genai.Text2ImagePipeline,
    IMAGE_TO_IMAGE: openvino_genai.Image2ImagePipeline,
    INPAINTING: openvino_genai.InpaintingPipeline,
}


def images_of(task: str, width: int, height: int) -> dict[str, NDArray[np.uint8]]:
    """Return the image and the mask of a request for a task, by field."""
    given = {"image": gradient(width, height), "mask": halves(width, height)}
    return {field: given[field] for field in ("image", "mask")[: list(_PIPELINES).index(task)]}


class Genai:
    """The pipelines of openvino_genai for a model."""

    def __init__(self, folder: Path, properties: Mapping[str, str] = MappingProxyType({})) -> None:
        @cache
        def pipeline(task: str, *_: object) -> Any:
            return _PIPELINES[task](folder, "CPU", **properties)

        self._pipeline = pipeline
        self._is_fixed = "StableDiffusion3" in (folder / "model_index.json").read_text()

    def images(self, task: str, cell: Cell, seed: int) -> Images:
        """Generate images; raise RuntimeError if the pipeline fails."""
        given = {"prompt": "a red cat", "n": 1, **cell}
        width, height = given.pop("input_size", (given["width"], given["height"]))
        # NOTE: a pipeline cannot change from guidance to none (Stable Diffusion 3), nor the number of tokens of T5.
        guided = self._is_fixed and given.get("guidance_scale", 7.0) > 1
        length = given.get("max_sequence_length")
        tensors = [openvino.Tensor(pixels[None]) for pixels in images_of(task, width, height).values()]
        result = self._pipeline(task, guided, length).generate(
            given.pop("prompt"),
            *tensors,
            num_images_per_prompt=given.pop("n"),
            generator=openvino_genai.CppStdGenerator(seed),
            **given,
        )
        return np.array(result.data)


class Ours:
    """The included graph for a model."""

    def __init__(self, folder: Path, properties: Mapping[str, str] = MappingProxyType({})) -> None:
        entries = "".join(f'device_properties {{ key: "{key}" value: "{value}" }}' for key, value in properties.items())
        self.text = find_graph(folder).read_text().replace('device: "DEFAULT"', f'device: "CPU" {entries}')
        self.graph = gf.Graph.from_text(self.text, folder)

    def request(self, task: str, cell: Cell, seed: int) -> ImageRequest:
        """Return the request for our graph."""
        given: dict[str, Any] = {"prompt": "a red cat", **cell}
        width, height = given.pop("input_size", (given["width"], given["height"]))
        given |= {field: encoded(pixels) for field, pixels in images_of(task, width, height).items()}
        return ImageRequest(seed=seed, **given)

    def images(self, task: str, cell: Cell, seed: int) -> Images:
        """Generate images."""
        packets = self.graph.run(REQUEST=self.request(task, cell, seed))["IMAGE"]
        return from_base64([packet.value.b64 for packet in packets])
