from __future__ import annotations

import numpy as np
import pytest

from graphframe.calculators.diffusion.input_files import reference
from graphframe.calculators.image.image_file import EncodedInput
from graphframe.framework.running.cancellation import Cancellation
from tests.calculators.image.files import encoded, gradient


@pytest.mark.parametrize(
    ("size", "expected"),
    [((64, 48), (64, 48)), ((75, 90), (64, 80)), ((5, 40), (16, 32)), ((1200, 1300), (976, 1056))],
)
def test_the_size_of_a_reference(size: tuple[int, int], expected: tuple[int, int]) -> None:
    found = reference(EncodedInput(encoded(gradient(*size)), "image"), 16, Cancellation())
    assert found.rgb.shape == (expected[1], expected[0], 3)


def test_a_reference_is_cropped_in_its_centre() -> None:
    pixels = gradient(75, 90)
    found = reference(EncodedInput(encoded(pixels), "image"), 16, Cancellation())
    assert np.array_equal(found.rgb, pixels[5:85, 5:69])
