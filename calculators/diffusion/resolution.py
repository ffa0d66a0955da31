"""Sizes of images as options say them: ``"512x512"``."""

from __future__ import annotations

import re
from typing import NamedTuple

from typing_extensions import Self


class Resolution(NamedTuple):
    """The size of an image in pixels.

    Examples
    --------
    >>> Resolution.from_text("512x256")
    Resolution(width=512, height=256)
    >>> str(Resolution(512, 256))
    '512x256'
    """

    width: int
    height: int

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read ``WIDTHxHEIGHT``.

        Raises
        ------
        ValueError
            If the text is something else.
        """
        match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text, re.ASCII)
        if match is None:
            raise ValueError(f'it must be "WIDTHxHEIGHT", as in "512x512", not "{text}"')
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def several_from_text(cls, text: str) -> list[Self]:
        """Read sizes that are separated by spaces; each may be there once.

        Raises
        ------
        ValueError
            If the text is something else.
        """
        found = [cls.from_text(item) for item in text.split()]
        twice = next((size for size in found if found.count(size) > 1), None)
        if twice is not None:
            raise ValueError(f'"{twice}" is in it twice')
        return found

    def fits_into(self, other: Resolution) -> bool:
        """Whether it is neither wider nor higher than `other`."""
        return self.width <= other.width and self.height <= other.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"
