"""Image sizes as text: ``"512x512"``."""

from __future__ import annotations

import re
from typing import NamedTuple

from typing_extensions import Self

SIZE_PATTERN = "[1-9][0-9]{0,8}x[1-9][0-9]{0,8}"
"""A regular expression for ``WIDTHxHEIGHT``; sides have at most nine digits."""


class Size(NamedTuple):
    """An image size in pixels.

    Examples
    --------
    >>> Size.from_text("512x256")
    Size(width=512, height=256)
    >>> str(Size(512, 256))
    '512x256'
    """

    width: int
    height: int

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse ``WIDTHxHEIGHT``.

        Raises
        ------
        ValueError
            If the text has another form. The message continues a sentence that begins with the field's name.
        """
        if not re.fullmatch(SIZE_PATTERN, text):
            raise ValueError(f'must be WIDTHxHEIGHT, e.g. "512x512", not "{text}"')
        width, height = map(int, text.split("x"))
        return cls(width, height)

    @classmethod
    def several_from_text(cls, text: str) -> list[Self]:
        """Parse distinct sizes, separated by spaces.

        Raises
        ------
        ValueError
            If one of them has another form, or occurs twice.
        """
        found = [cls.from_text(item) for item in text.split()]
        twice = next((size for size in found if found.count(size) > 1), None)
        if twice is not None:
            raise ValueError(f'names "{twice}" twice')
        return found

    def fits_into(self, other: Size) -> bool:
        """Return whether it is neither wider nor higher than `other`."""
        return self.width <= other.width and self.height <= other.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"
