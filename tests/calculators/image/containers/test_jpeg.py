from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from graphframe.calculators.image.containers.jpeg import essentials
from graphframe.images import InvalidRequest
from tests.calculators.image.decoded import decoded
from tests.calculators.image.files import encoded, gradient

IMAGE = gradient(96, 80)
FILE = encoded(IMAGE, "jpeg")
ORIENTATION = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def pillow(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def segment(marker: int, data: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BBH", 255, marker, len(data) + 2 if length is None else length) + data


def with_segment(added: bytes) -> bytes:
    return FILE[:2] + added + FILE[2:]


@pytest.mark.parametrize(
    "added",
    [
        segment(0xE1, b"Exif\0\0"),
        segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"),
        segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(range(200))),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation='6'"),
        segment(0xE2, b"MPF\0II*\0\xff\xff\xff\xff"),
        segment(0xE2, b"MPF\0MM\0*\0\0\0\x08\0\x03" + bytes(40)),
        segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(1000)),
        segment(0xE2, b"ICC_PROFILE\0\2\5" + bytes(60000)) * 20,
        segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed\xff\xff\xff\xff"),
        segment(0xE0, b"JFIF\0"),
        segment(0xEE, b"Adobe"),
        segment(0xE0, b"JFXX\0" + bytes(300)),
        segment(0xEF, b""),
        segment(0xFE, b"a comment" * 5000),
        segment(0xE5, b"", length=0),
        segment(0xE5, b"", length=1),
        b"bytes between segments",
        b"\xff\xff\xff",
    ],
)  # fmt: skip
def test_other_segments_do_not_matter(added: bytes) -> None:
    assert (decoded(with_segment(added)).rgb == pillow(FILE)).all()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [1, 2, 3, 10])
def test_the_end_may_be_missing(missing: int, progressive: bool) -> None:
    file = encoded(IMAGE, "jpeg", progressive=progressive)
    pixels = decoded(file[:-missing])
    rgb = pixels.rgb
    assert pixels.warnings == ("image has no end: its last rows may be missing",)
    assert (rgb[:40] == pillow(file)[:40]).all()
    if missing <= 2:
        assert (rgb == pillow(file)).all()


@pytest.mark.parametrize("kind", ["L", "RGB", "CMYK"])
def test_the_end_of_a_small_image(kind: str) -> None:
    for size in ((1, 1), (8, 8), (64, 64), (17, 300)):
        file = encoded(Image.new("RGB", size, "teal").convert(kind), "jpeg")
        assert (decoded(file[:-2]).rgb == decoded(file).rgb).all()


@pytest.mark.parametrize("kind", ["L", "RGB", "CMYK"])
def test_more_than_the_end_is_missing(kind: str) -> None:
    file = encoded(Image.fromarray(gradient(400, 400)).convert(kind), "jpeg")
    for length in (len(file) // 2, len(file) * 3 // 4):
        with pytest.raises(InvalidRequest, match="image cannot be decoded: the file is truncated"):
            decoded(file[:length])


def test_data_after_the_end() -> None:
    assert essentials(FILE + b"a video" * 1000).file == essentials(FILE).file
    assert (decoded(FILE + FILE).rgb == pillow(FILE)).all()


def test_the_first_orientation() -> None:
    second = ORIENTATION.replace(b"\0\x06", b"\0\x03")
    rgb = decoded(with_segment(segment(0xE1, ORIENTATION) + segment(0xE1, second))).rgb
    assert (rgb == np.rot90(pillow(FILE), -1)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(40, 30), (200, 140), (64, 64)])
def test_each_orientation_is_that_of_pillow(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encoded(gradient(*size), "jpeg", exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(file))))
    assert (decoded(file).rgb == expected).all()


def test_many_scans_are_refused() -> None:
    file = encoded(IMAGE, "jpeg", progressive=True)
    scan = file.rfind(b"\xff\xda")
    with pytest.raises(InvalidRequest, match="scans, more than 100"):
        decoded(file[:-2] + file[scan:-2] * 100 + file[-2:])


@pytest.mark.parametrize(
    ("options", "bytes_per_pixel"), [({}, 4), ({"progressive": True}, 10), ({"quality": 95, "subsampling": 0}, 4)]
)
def test_the_memory_for_coefficients(options: dict[str, object], bytes_per_pixel: int) -> None:
    assert essentials(encoded(IMAGE, "jpeg", **options)).bytes_per_pixel == bytes_per_pixel
