from __future__ import annotations

import struct

import pytest
from PIL import Image

from graphframe.calculators.image.containers.exif import orientation_of


def exif(order: str, *entries: tuple[int, int, int, int], count: int | None = None) -> bytes:
    """EXIF data with entries: tag, type, number and value."""
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    body = b"".join(struct.pack(f"{order}HHIHH", tag, kind, number, value, 0) for tag, kind, number, value in entries)
    return mark + struct.pack(f"{order}IH", 8, len(entries) if count is None else count) + body + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_reads_the_orientation(order: str, orientation: int) -> None:
    data = exif(order, (0x010F, 2, 4, 0), (0x0112, 3, 1, orientation), (0xFFFF, 99, 2**32 - 1, 7))
    assert orientation_of(data) == orientation_of(b"Exif\0\0" + data) == orientation


def test_reads_it_as_pillow_writes_it() -> None:
    written = Image.Exif()
    written[0x0112] = 8
    assert orientation_of(written.tobytes()) == 8


@pytest.mark.parametrize(
    "data",
    [
        b"", b"Exif\0\0", b"II*\0", b"hello, world", exif("<"), exif("<", (0x0112, 3, 1, 9)),
        exif("<", (0x0112, 3, 1, 0)), exif("<", (0x0112, 2, 1, 6)),
        exif(">", count=65535), exif("<", (0x0112, 3, 1, 6))[:12],
    ],
)  # fmt: skip
def test_damaged_data_have_none(data: bytes) -> None:
    assert orientation_of(data) == 1
