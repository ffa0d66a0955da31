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
    """

    content: bytes = field(repr=False)
    format: str
    width: int
    height: int

    @cached_property
    def b64(self) -> str:
        """The file in base64, encoded at the first use."""
        return base64.b64encode(self.content).decode()
