from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from calculators.image.resizer import Resizer
from tests.calculators.image.files import gradient


@pytest.mark.parametrize(("before", "after"), [((40, 30), (64, 64)), ((300, 200), (64, 72)), ((64, 64), (128, 128))])
def test_resizes_as_pillow_but_for_rounding(before: tuple[int, int], after: tuple[int, int]) -> None:
    pixels = gradient(*before)
    ours = Resizer().resized(pixels, *after)
    theirs = np.asarray(Image.fromarray(pixels).resize(after, Image.Resampling.BICUBIC))
    assert ours.shape == theirs.shape
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_same_size_is_the_same_picture() -> None:
    pixels = gradient(40, 30)
    assert (Resizer().resized(pixels, 40, 30) == pixels).all()


def test_threads() -> None:
    resizer = Resizer()
    pictures = [np.full((30, 40, 3), shade, np.uint8) for shade in range(32)]
    with ThreadPoolExecutor(4) as pool:
        resized = list(pool.map(lambda pixels: resizer.resized(pixels, 16, 16), pictures))
    assert [each.min() for each in resized] == [each.max() for each in resized] == list(range(32))
