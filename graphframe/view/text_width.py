"""The width of a text without a font at hand, by the widths of Helvetica and Arial."""

from __future__ import annotations

import unicodedata

_ASCII = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),  # space to /
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),  # 0 to ?
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),  # @ to O
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),  # P to _
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),  # ` to o
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 1000),  # p to ~
)
"""The widths of characters in thousandths of the font size, from U+0020 on."""
_BOLD = 1.08
_OTHER, _EAST_ASIAN = 600, 1000


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of one line of text, in the unit of `size`.

    Examples
    --------
    >>> text_width("node", 10)
    22.24
    """
    return round(sum(map(_advance, text)) * size / 1000 * (_BOLD if bold else 1), 2)


def _advance(character: str) -> int:
    code = ord(character) - 0x20
    if 0 <= code < len(_ASCII):
        return _ASCII[code]
    return _EAST_ASIAN if unicodedata.east_asian_width(character) in "WF" else _OTHER
