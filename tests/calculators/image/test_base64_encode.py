from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

import graphframe as gf
from calculators.image.base64_encode import Base64EncodeCalculator
from graphframe.image import EncodedImage


def test_png_holds_the_same_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    (packet,) = gf.CalculatorRunner(Base64EncodeCalculator).run(IMAGE=[pixels])["IMAGE"]
    encoded: EncodedImage = packet.value
    image = Image.open(io.BytesIO(base64.b64decode(encoded.b64)))
    assert (encoded.format, encoded.width, encoded.height) == ("png", 6, 4)
    assert image.format == "PNG"
    assert (np.asarray(image) == pixels).all()
