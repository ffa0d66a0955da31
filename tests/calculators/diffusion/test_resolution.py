from __future__ import annotations

import pytest

from graphframe.calculators.diffusion.resolution import Resolution


def test_several() -> None:
    assert Resolution.several_from_text(" 64x32   32x64 ") == [(64, 32), (32, 64)]
    assert Resolution.several_from_text("") == []
    with pytest.raises(ValueError, match='"64x64" is in it twice'):
        Resolution.several_from_text("64x64 32x32 64x64")


@pytest.mark.parametrize("text", ["", "64", "64x", "x64", "64X64", "064x64", "0x64", "-1x64", "٦٤x64", "64x64 "])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match='it must be "WIDTHxHEIGHT"'):
        Resolution.from_text(text)


def test_fits_into() -> None:
    assert Resolution(64, 32).fits_into(Resolution(64, 32))
    assert not Resolution(64, 33).fits_into(Resolution(64, 32))
    assert not Resolution(65, 32).fits_into(Resolution(64, 32))
