"""Numbers of bytes as people write them."""

from __future__ import annotations

import re

_BYTES = re.compile(r"(\d+(?:\.\d+)?) *([KMGT]?)(?:iB|B)?", re.IGNORECASE)


def parse_bytes(text: str) -> int:
    """Return a number of bytes. The units in 512M, 8G and 8GiB are powers of 1024.

    Raises
    ------
    ValueError
        If the text has another form.

    Examples
    --------
    >>> parse_bytes("1.5K"), parse_bytes("2 GiB")
    (1536, 2147483648)
    """
    match = _BYTES.fullmatch(text.strip())
    if not match:
        raise ValueError(f"expected a number of bytes such as 800M or 16G, not {text}")
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))
