from __future__ import annotations

import doctest

from graphframe.view import text_width
from graphframe.view.text_width import text_width as width


def test_examples() -> None:
    assert doctest.testmod(text_width).failed == 0


def test_widths() -> None:
    assert width("", 10) == 0
    assert width("iiii", 10) < width("mmmm", 10)
    assert width("name", 20) == 2 * width("name", 10)
    assert width("name", 10, bold=True) > width("name", 10)
    assert width("手", 10) > width("h", 10)
    assert width("cafe\u0301", 10) == width("cafe", 10)


def test_a_character_is_as_wide_as_in_the_wider_font() -> None:
    assert width("J", 10) == 5.0  # in Helvetica; 2.95 in DejaVu Sans
    assert width("m", 10) == 9.74  # in DejaVu Sans; 8.33 in Helvetica
