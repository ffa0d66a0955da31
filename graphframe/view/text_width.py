"""The width of a text without a font at hand: that of Helvetica or DejaVu Sans, whichever is wider."""

from __future__ import annotations

import unicodedata

_REGULAR = (
    *(318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337),  # space to /
    *(636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 556),  # 0 to ?
    *(1015, 684, 686, 722, 770, 667, 611, 778, 752, 295, 500, 667, 557, 863, 748, 787),  # @ to O
    *(667, 787, 722, 667, 611, 732, 684, 989, 685, 667, 685, 390, 337, 390, 838, 556),  # P to _
    *(500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612),  # ` to o
    *(635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838),  # p to ~
)
"""The widths of characters in thousandths of the font size, from U+0020 on."""
_BOLD = (
    *(348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365),  # space to /
    *(696, 696, 696, 696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 611),  # 0 to ?
    *(1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 556, 775, 637, 995, 837, 850),  # @ to O
    *(733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 556),  # P to _
    *(500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687),  # ` to o
    *(716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838),  # p to ~
)
_OTHER, _WIDE = 700, 1000


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of one line of text, in the unit of `size`.

    Fonts differ by the machine: other usual ones, such as Arial, Liberation, Noto, Roboto and Segoe, are narrower.

    Examples
    --------
    >>> text_width("node", 10)
    24.96
    """
    widths = _BOLD if bold else _REGULAR
    return round(sum(_advance(character, widths) for character in text) * size / 1000, 2)


def _advance(character: str, widths: tuple[int, ...]) -> int:
    code = ord(character) - 0x20
    if 0 <= code < len(widths):
        return widths[code]
    if unicodedata.combining(character):
        return 0
    is_wide = character.isupper() or unicodedata.east_asian_width(character) in "WF"
    return _WIDE if is_wide else _OTHER
