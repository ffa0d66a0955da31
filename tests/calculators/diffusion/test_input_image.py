from __future__ import annotations

import numpy as np

from graphframe.calculators.diffusion.input_image import repainted_part
from graphframe.calculators.image.image_file import Pixels
from tests.calculators.image.files import halves


def test_white_repaints() -> None:
    mask = halves(4, 2)
    mask[0, 0], mask[1, 3] = 128, 127
    assert repainted_part(Pixels(mask)).tolist() == [[True, False, True, True], [False, False, True, False]]


def test_transparent_repaints_whatever_the_colour() -> None:
    holes = np.zeros((2, 4), np.bool_)
    holes[0, 1] = True
    assert repainted_part(Pixels(halves(4, 2), holes)).tolist() == [[False, True, False, False], [False] * 4]
