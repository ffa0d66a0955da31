"""Pixels into image files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from graphframe.images import ImageRequest

_PARAMETERS = (
    "prompt",
    "prompt_2",
    "prompt_3",
    "negative_prompt",
    "negative_prompt_2",
    "negative_prompt_3",
    "max_sequence_length",
    "strength",
    "n",
    "seed",
    "num_inference_steps",
    "guidance_scale",
    "scheduler",
)


def encode(pixels: NDArray[np.uint8], request: ImageRequest, index: int) -> bytes:
    """Make the file that a request asks for.

    Parameters
    ----------
    pixels
        Shape (height, width, 3), RGB.
    request : ImageRequest
    index : int
        Which of the images of the request it is.
    """
    options: dict[str, Any]
    if request.output_format == "png":
        # NOTE: level 1 takes a quarter of the time of the default, and the file grows by a fifth.
        options = {"compress_level": 1, "pnginfo": _text(pixels, request, index)}
    else:
        # NOTE: method 0 of WebP takes a third of the time of the default, and the file grows by a tenth; JPEG has none.
        quality = 100 if request.output_compression is None else request.output_compression
        options = {"quality": quality, "method": 0}
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, request.output_format, **options)
    return file.getvalue()


def _text(pixels: NDArray[np.uint8], request: ImageRequest, index: int) -> PngImagePlugin.PngInfo | None:
    if request.metadata is None:
        return None
    info = PngImagePlugin.PngInfo()
    for name, value in _parameters(pixels, request, index):
        # NOTE: the format ends a text at the first zero, and has no place for halves of surrogate pairs.
        info.add_text(name, value.replace("\0", "").encode(errors="replace").decode())
    return info


def _parameters(pixels: NDArray[np.uint8], request: ImageRequest, index: int) -> Iterator[tuple[str, str]]:
    for name in _PARAMETERS:
        if (value := getattr(request, name)) is not None:
            yield name, str(value)
    height, width, _ = pixels.shape
    yield "size", f"{width}x{height}"
    if request.n > 1:
        yield "index", str(index)
    if request.adapters:
        yield "lora_alphas", json.dumps(dict(request.adapters))
    yield from (request.metadata or {}).items()
