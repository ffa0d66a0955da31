"""Encoding of pixels as image files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from graphframe.calculators.image.png import png
from graphframe.images import ImageRequest

_NOT_IN_TEXT = {
    *("width", "height", "image", "images", "mask", "adapters", "partial_images"),
    *("output_format", "output_compression", "metadata", "seed_mode"),
}
"""Fields of a request that PNG files do not contain as text, or by another name."""


def encode(pixels: NDArray[np.uint8], request: ImageRequest, index: int) -> bytes:
    """Encode an image in the format of a request.

    Parameters
    ----------
    pixels
        Shape (height, width, 3), RGB.
    request : ImageRequest
    index : int
        The index of the image in the request.
    """
    if request.output_format == "png":
        return png(pixels, () if request.metadata is None else _texts(pixels, request, index))
    # NOTE: method 0 of WebP takes a third of the default's time, for files a tenth larger; JPEG ignores it.
    quality = 100 if request.output_compression is None else request.output_compression
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, request.output_format, quality=quality, method=0)
    return file.getvalue()


def _texts(pixels: NDArray[np.uint8], request: ImageRequest, index: int) -> Iterator[tuple[str, str]]:
    for name, value in _parameters(pixels, request, index):
        # NOTE: in the format, zeros end a text, and halves of surrogate pairs are invalid.
        yield name, value.replace("\0", "").encode(errors="replace").decode()


def _parameters(pixels: NDArray[np.uint8], request: ImageRequest, index: int) -> Iterator[tuple[str, str]]:
    for name in ImageRequest.__struct_fields__:
        if name not in _NOT_IN_TEXT and (value := getattr(request, name)) is not None:
            yield name, str(value)
    height, width, _ = pixels.shape
    yield "size", f"{width}x{height}"
    if request.n > 1:
        yield "index", str(index)
    if request.adapters:
        yield "lora_alphas", json.dumps(dict(request.adapters))
    yield from (request.metadata or {}).items()
