from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import graphframe as gf
from graphframe.calculators.image.base64_encode import Base64EncodeCalculator
from graphframe.images import EncodedImage, ImageRequest


def pixels(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def encode(*images: object, **request: object) -> list[tuple[EncodedImage, Image.Image]]:
    """The images as they come out, and opened."""
    inputs = {"IMAGE": list(images)}
    if request:
        inputs["REQUEST"] = [ImageRequest(**request)]  # type: ignore[arg-type]
    packets = gf.CalculatorRunner(Base64EncodeCalculator).run(**inputs)["IMAGE"]
    return [(packet.value, Image.open(io.BytesIO(base64.b64decode(packet.value.b64)))) for packet in packets]


def test_png_holds_the_same_pixels() -> None:
    given = pixels(4, 6, 3)
    [(encoded, image)] = encode(given)
    assert (encoded.format, encoded.width, encoded.height) == ("png", 6, 4)
    assert image.format == "PNG"
    assert (np.asarray(image) == given).all()
    assert not image.info


@pytest.mark.parametrize("given", [np.zeros((4, 6, 3)), pixels(4, 6), pixels(4, 6, 4), pixels(1, 4, 6, 3)])
def test_other_arrays_are_told_what_they_are(given: NDArray[np.generic]) -> None:
    with pytest.raises(gf.CalculatorError, match=rf"uint8 .*\(height, width, 3\) .*{given.dtype} .*4, 6") as raised:
        encode(given)
    assert str(given.shape) in str(raised.value)


@pytest.mark.parametrize("output_format", ["jpeg", "webp"])
def test_all_images_of_a_request_have_its_format(output_format: str) -> None:
    flat = np.full((16, 16, 3), 90, np.uint8)
    for encoded, image in encode(flat, flat, prompt="", n=2, output_format=output_format, metadata={}):
        assert encoded.format == output_format
        assert image.format == output_format.upper()
        assert abs(np.asarray(image).astype(int) - flat).max() <= 2


@pytest.mark.parametrize("output_format", ["jpeg", "webp"])
def test_compression(output_format: str) -> None:
    sizes = [
        len(encode(pixels(64, 64, 3), prompt="", output_format=output_format, output_compression=quality)[0][0].b64)
        for quality in (0, 50, 100, None)
    ]
    assert sizes[0] < sizes[1] < sizes[2] == sizes[3]


def test_png_tells_how_it_was_made() -> None:
    images = encode(
        pixels(8, 16, 3),
        pixels(8, 16, 3),
        prompt="ein Käfer \N{BEETLE}\0",
        n=2,
        seed=7,
        guidance_scale=2.5,
        adapters={"ink": 0.5},
        image=b"a file",
        metadata={"model": "toy"},
    )
    assert [image.info for _, image in images] == [
        {
            "prompt": "ein Käfer \N{BEETLE}",
            "n": "2",
            "seed": "7",
            "guidance_scale": "2.5",
            "size": "16x8",
            "index": str(index),
            "lora_alphas": '{"ink": 0.5}',
            "model": "toy",
        }
        for index in (0, 1)
    ]
