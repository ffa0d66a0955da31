from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from graphframe.images import InvalidRequest
from tests.calculators.image.decoded import decoded
from tests.calculators.image.files import encoded, gradient

Image.init()
if "AVIF" not in Image.SAVE:
    pytest.skip("Pillow without AVIF", allow_module_level=True)

IMAGE = gradient(64, 48)


def pillow(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def test_pixels() -> None:
    file = encoded(IMAGE, "avif", quality=90)
    assert (decoded(file).rgb == pillow(file)).all()


def test_transparency() -> None:
    image = Image.fromarray(IMAGE)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    holes = decoded(encoded(image, "avif")).holes
    assert holes is not None
    assert holes[0].all()
    assert not holes[-1].any()


def test_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = encoded(IMAGE, "avif", exif=exif)
    assert (decoded(file).rgb == np.rot90(pillow(file), -1)).all()


def test_damaged_exif_data_do_not_matter() -> None:
    file = encoded(IMAGE, "avif", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0" + bytes(20))
    assert (decoded(file).rgb == pillow(encoded(IMAGE, "avif"))).all()
    damaged = file.replace(b"II*\0", b"XXXX")
    assert (decoded(damaged).rgb == pillow(encoded(IMAGE, "avif"))).all()


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    red, _, blue = decoded(encoded(frames[0], "avif", save_all=True, append_images=frames[1:])).rgb[0, 0]
    assert red > 200
    assert blue < 50


def test_damaged() -> None:
    with pytest.raises(InvalidRequest, match="image cannot be decoded"):
        decoded(encoded(IMAGE, "avif")[:200])
