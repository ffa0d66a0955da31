"""The images that a graph returns."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class EncodedImage:
    """An image file: the value of each packet on a graph's ``IMAGE`` stream.

    Attributes
    ----------
    content : bytes
        The file.
    format : str
        The file format: ``"png"``, ``"jpeg"`` or ``"webp"``.
    width, height : int
        The size in pixels.
    seed : int or None
        The seed that generates the image alone, if it is not the request's.
    """

    content: bytes = field(repr=False)
    format: str
    width: int
    height: int
    seed: int | None = None

    @cached_property
    def b64(self) -> str:
        """The file in base64, encoded at the first use."""
        return base64.b64encode(self.content).decode()
