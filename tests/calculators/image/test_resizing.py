from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray
from openvino import opset11
from openvino import opset13 as ops
from PIL import Image

from graphframe.calculators.image.resizing import in_bands, resized
from tests.calculators.image.files import gradient


def resize(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    before = pixels.shape[1], pixels.shape[0]
    return resized((pixels[rows] for rows in in_bands(before[1])), before, (width, height))


@pytest.mark.parametrize(("before", "after"), [((40, 30), (64, 64)), ((300, 200), (64, 72)), ((64, 64), (128, 128))])
def test_resizes_as_pillow_but_for_rounding(before: tuple[int, int], after: tuple[int, int]) -> None:
    pixels = gradient(*before)
    ours = resize(pixels, *after)
    theirs = np.asarray(Image.fromarray(pixels).resize(after, Image.Resampling.BICUBIC))
    assert ours.shape == theirs.shape
    assert np.abs(ours.astype(int) - theirs).max() <= 1


@pytest.mark.parametrize(
    ("before", "after"), [((40, 30), (25, 48)), ((40, 30), (40, 48)), ((40, 30), (25, 30)), ((90, 130), (31, 200))]
)
def test_resizes_as_openvino_does_it_with_a_whole_image(before: tuple[int, int], after: tuple[int, int]) -> None:
    image = ops.parameter([1, before[1], before[0], 3], np.uint8)
    whole = opset11.interpolate(
        image,
        np.array(after[::-1]),
        "bicubic_pillow",
        "sizes",
        axes=np.array([1, 2]),
        coordinate_transformation_mode="pytorch_half_pixel",
        nearest_mode="floor",
    )
    pixels = np.random.default_rng(0).integers(0, 256, (before[1], before[0], 3), np.uint8)
    expected = ov.Core().compile_model(ov.Model([whole], [image]), "CPU")([pixels[None]])[0][0]
    assert (resize(pixels, *after) == expected).all()


def test_same_size_is_the_same_image() -> None:
    pixels = gradient(40, 130)
    assert (resize(pixels, 40, 130) == pixels).all()


def test_threads() -> None:
    images = [np.full((30, 40, 3), shade, np.uint8) for shade in range(32)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda pixels: resize(pixels, 16, 16), images))
    assert [each.min() for each in results] == [each.max() for each in results] == list(range(32))
