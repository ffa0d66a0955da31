from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from graphframe.images import InvalidRequest
from tests.calculators.image.decoded import decoded
from tests.calculators.image.files import encoded, gradient

IMAGE = gradient(40, 24)


def tiff(*entries: tuple[int, int, int, int], order: str = "<") -> bytes:
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    body = b"".join(struct.pack(f"{order}HHII", *entry) for entry in entries)
    return mark + struct.pack(f"{order}IH", 8, len(entries)) + body + bytes(4)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_pixels(compression: str) -> None:
    file = encoded(IMAGE, "tiff", compression=compression)
    assert (decoded(file).rgb == IMAGE).all()


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_orientation(orientation: int) -> None:
    file = encoded(IMAGE, "tiff", tiffinfo={274: orientation})
    assert (decoded(file).rgb == np.rot90(IMAGE, {1: 0, 3: 2, 6: -1}[orientation])).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "RGBA", "P", "CMYK"])
def test_modes(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((2, 3), 200 * 256 + 7, np.uint16))
    elif mode == "CMYK":
        image = Image.new("CMYK", (3, 2), (55, 55, 55, 0))
    else:
        image = Image.new("1", (3, 2), 1) if mode == "1" else Image.new("L", (3, 2), 200).convert(mode)
    assert (decoded(encoded(image, "tiff")).rgb == (255 if mode == "1" else 200)).all()


def test_transparency() -> None:
    image = Image.fromarray(IMAGE)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    holes = decoded(encoded(image, "tiff", compression="tiff_lzw")).holes
    assert holes is not None
    assert holes[0].all()
    assert not holes[-1].any()


def test_the_first_page() -> None:
    pages = [Image.fromarray(IMAGE), Image.new("RGB", (400, 400))]
    assert (decoded(encoded(pages[0], "tiff", save_all=True, append_images=pages[1:])).rgb == IMAGE).all()


def test_other_tags_do_not_matter() -> None:
    for tags in ({700: b"<xmp" * 10_000}, {34665: 99_999_999}, {33432: "\N{COPYRIGHT SIGN} me"}, {37724: bytes(1000)}):
        assert (decoded(encoded(IMAGE, "tiff", tiffinfo=tags)).rgb == IMAGE).all()


@pytest.mark.parametrize(
    "entries",
    [
        [(256, 4, 1, 30000), (257, 4, 1, 30000)],
        [(256, 4, 1, 16), (257, 4, 1, 16), (322, 4, 1, 100_000), (323, 4, 1, 100_000), (324, 4, 1, 8), (325, 4, 1, 8)],
        [(273, 4, 10_000_000, 8)],
        [(258, 3, 10_000_000, 8)],
        [(tag, 7, 400, 0) for tag in range(40_000, 42_000)],
        [],
    ],
)  # fmt: skip
def test_bombs_are_refused(entries: list[Any]) -> None:
    with pytest.raises(InvalidRequest):
        decoded(tiff(*entries))


@pytest.mark.parametrize("length", [4, 9, 100])
def test_damaged(length: int) -> None:
    with pytest.raises(InvalidRequest, match="image cannot be decoded: the file is damaged"):
        decoded(encoded(IMAGE, "tiff")[:length])


def test_numbers_of_32_bits_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="this variant of the format is not supported"):
        decoded(encoded(Image.new("F", (3, 2)), "tiff"))
