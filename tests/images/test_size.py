from __future__ import annotations

import pytest

from graphframe.images import Size


def test_several() -> None:
    assert Size.several_from_text(" 64x32   32x64 ") == [(64, 32), (32, 64)]
    assert Size.several_from_text("") == []
    with pytest.raises(ValueError, match='names "64x64" twice'):
        Size.several_from_text("64x64 32x32 64x64")


@pytest.mark.parametrize("text", ["", "64", "64x", "x64", "64X64", "064x64", "0x64", "-1x64", "٦٤x64", "64x64 "])
def test_refuses_another_form(text: str) -> None:
    with pytest.raises(ValueError, match="must be WIDTHxHEIGHT"):
        Size.from_text(text)


def test_fits_into() -> None:
    assert Size(64, 32).fits_into(Size(64, 32))
    assert not Size(64, 33).fits_into(Size(64, 32))
    assert not Size(65, 32).fits_into(Size(64, 32))
