from __future__ import annotations

import numpy as np

from graphframe.calculators.diffusion.input_image import repainted_part
from graphframe.calculators.image.image_file import Pixels
from graphframe.calculators.image.resizer import Resizer
from tests.calculators.image.files import halves


def test_white_repaints() -> None:
    mask = halves(4, 2)
    mask[0, 0], mask[1, 3] = 128, 127
    found = repainted_part(Pixels(mask), Resizer(), 4, 2)
    assert found.tolist() == [[True, False, True, True], [False, False, True, False]]


def test_transparent_repaints_whatever_the_colour() -> None:
    alpha = np.full((2, 4), 255, np.uint8)
    alpha[0, 1] = 0
    found = repainted_part(Pixels(halves(4, 2), alpha), Resizer(), 4, 2)
    assert found.tolist() == [[False, True, False, False], [False] * 4]


def test_white_repaints_in_a_mask_that_is_opaque() -> None:
    found = repainted_part(Pixels(halves(4, 2), np.full((2, 4), 255, np.uint8)), Resizer(), 4, 2)
    assert found.tolist() == [[False, False, True, True]] * 2


def test_a_mask_takes_the_size_of_the_images() -> None:
    found = repainted_part(Pixels(halves(100, 80)), Resizer(), 64, 32)
    assert found.shape == (32, 64)
    assert found[:, 32:].all()
    assert not found[:, :32].any()
