"""Images from both sides as arrays, and their comparison."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openai
import openvino_genai
from numpy.typing import NDArray
from PIL import Image

from tests.serving.running_server import RunningServer

Images = NDArray[np.uint8]
"""An array of shape (n, height, width, 3)."""


def from_genai(model: Path) -> Callable[..., Images]:
    """Return a function that generates images with openvino_genai's pipeline, with our names of parameters."""

    @cache
    def pipeline_for(guided: bool) -> Any:
        # NOTE: that of Stable Diffusion 3 fails when a request has guidance and the one before had none.
        return openvino_genai.Text2ImagePipeline(model, "CPU")

    def generate(prompt: str, seed: int, n: int = 1, **parameters: Any) -> Images:
        generator = openvino_genai.CppStdGenerator(seed)
        pipeline = pipeline_for(parameters.get("guidance_scale", 2.0) > 1)
        return np.array(pipeline.generate(prompt, num_images_per_prompt=n, generator=generator, **parameters).data)

    return generate


def from_base64(texts: list[str]) -> Images:
    """Return the pixels of PNG files."""
    return np.stack([np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))) for text in texts])


def from_openai(server: RunningServer, model: str = "toy") -> Callable[..., Images]:
    """Return a function that generates images with the openai client."""
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.port}/v1", api_key="unused", max_retries=0)

    def generate(prompt: str, width: int = 128, height: int = 128, n: int = 1, **extra: Any) -> Images:
        response = client.images.generate(
            model=model,
            prompt=prompt,
            n=n,
            size=f"{width}x{height}",
            response_format="b64_json",
            extra_body=extra,
        )
        assert response.data is not None
        return from_base64([image.b64_json or "" for image in response.data])

    return generate


def difference(ours: Images, theirs: Images) -> str:
    """Return a description of the difference, empty if both are equal."""
    if ours.shape != theirs.shape:
        return f"shape {ours.shape} instead of {theirs.shape}"
    largest = np.abs(ours.astype(int) - theirs).max()
    return f"up to {largest} of 255" if largest else ""
