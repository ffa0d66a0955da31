from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import openvino as ov
import pytest
from openvino import opset11
from openvino import opset13 as ops
from PIL import Image

from graphframe.calculators.image.resizer import Resizer
from graphframe.serving.lifecycle.memory import resident_bytes
from tests.calculators.image.files import gradient


@pytest.mark.parametrize(("before", "after"), [((40, 30), (64, 64)), ((300, 200), (64, 72)), ((64, 64), (128, 128))])
def test_resizes_as_pillow_but_for_rounding(before: tuple[int, int], after: tuple[int, int]) -> None:
    pixels = gradient(*before)
    ours = Resizer().resized(pixels, *after)
    theirs = np.asarray(Image.fromarray(pixels).resize(after, Image.Resampling.BICUBIC))
    assert ours.shape == theirs.shape
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_resizes_as_openvino_does_it_with_a_whole_image() -> None:
    image = ops.parameter([1, 30, 40, 3], np.uint8)
    whole = opset11.interpolate(
        image,
        np.array([48, 25]),
        "bicubic_pillow",
        "sizes",
        axes=np.array([1, 2]),
        coordinate_transformation_mode="pytorch_half_pixel",
        nearest_mode="floor",
    )
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    expected = ov.Core().compile_model(ov.Model([whole], [image]), "CPU")([pixels[None]])[0][0]
    assert (Resizer().resized(pixels, 25, 48) == expected).all()


def test_a_large_image_leaves_no_memory_behind() -> None:
    resizer = Resizer()
    resizer.resized(gradient(64, 64), 32, 32)
    before = resident_bytes()
    resizer.resized(gradient(600, 600), 200, 200)
    assert resident_bytes() - before < 50 * 1024 * 1024


def test_same_size_is_the_same_image() -> None:
    pixels = gradient(40, 30)
    assert (Resizer().resized(pixels, 40, 30) == pixels).all()


def test_threads() -> None:
    resizer = Resizer()
    images = [np.full((30, 40, 3), shade, np.uint8) for shade in range(32)]
    with ThreadPoolExecutor(4) as pool:
        resized = list(pool.map(lambda pixels: resizer.resized(pixels, 16, 16), images))
    assert [each.min() for each in resized] == [each.max() for each in resized] == list(range(32))
