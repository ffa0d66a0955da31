"""Decoding of image files in their own size."""

from __future__ import annotations

from graphframe.calculators.image.image_file import EncodedInput, Pixels
from graphframe.framework.running.cancellation import Cancellation


def decoded(file: bytes, param: str = "image") -> Pixels:
    """Return the pixels of an image file."""
    source = EncodedInput(file, param)
    return source.pixels(source.size, Cancellation())
