from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from graphframe.images import InvalidRequest
from tests.calculators.image.decoded import decoded
from tests.calculators.image.files import encoded, gradient

IMAGE = gradient(40, 24)


def written(*, alpha: bool = False, lossless: bool = True, **options: object) -> bytes:
    image = Image.fromarray(IMAGE)
    if alpha:
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    return encoded(image, "webp", lossless=lossless, exact=True, **options)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", name, len(data)) + data + b"\0" * (len(data) % 2)


def pillow(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("lossless", [False, True])
def test_pixels(alpha: bool, lossless: bool) -> None:
    file = written(alpha=alpha, lossless=lossless)
    pixels = decoded(file)
    assert (pixels.rgb == pillow(file)).all()
    assert (pixels.holes is not None) == alpha


def test_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert (decoded(written(exif=exif)).rgb == np.rot90(IMAGE, -1)).all()
    assert (decoded(written(exif=exif, alpha=True)).rgb == np.rot90(IMAGE, -1)).all()


@pytest.mark.parametrize(
    "file",
    [
        written(exif=b"Exif\0\0II*\0\xff\xff\xff\xff"),
        written(xmp=b"a" * 100_000),
        written(xmp=b"a" * 100_000)[:-1000],
        written(icc_profile=b"not a profile"),
        written() + chunk(b"JUNK", bytes(3)),
        written()[:4] + b"\xff\xff\xff\x7f" + written()[8:],
    ],
)
def test_other_chunks_do_not_matter(file: bytes) -> None:
    assert (decoded(file).rgb == IMAGE).all()


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.fromarray(IMAGE), *(Image.new("RGB", (40, 24), "blue") for _ in range(3))]
    file = encoded(frames[0], "webp", lossless=True, save_all=True, append_images=frames[1:])
    assert (decoded(file).rgb == IMAGE).all()
    assert (decoded(file[:-20]).rgb == IMAGE).all()


@pytest.mark.parametrize("length", [13, 20, 60])
def test_damaged(length: int) -> None:
    with pytest.raises(InvalidRequest, match="image cannot be decoded"):
        decoded(written(lossless=False)[:length])
