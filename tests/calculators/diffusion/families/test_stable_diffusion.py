from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from graphframe.calculators.diffusion.diffusion_request import Task
from graphframe.calculators.diffusion.families import detect_family
from graphframe.calculators.diffusion.families.stable_diffusion import guidance_embedding


def with_channels(euler: Path, folder: Path, channels: int) -> Path:
    config = json.loads((euler / "unet" / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"in_channels": channels}))
    return folder


def test_what_is_neither_for_images_nor_for_inpainting_is_refused(euler: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"8 input channels and 4 output channels; expected 4 input channels, or 9"):
        detect_family(with_channels(euler, tmp_path, 8))


def test_inpainting_model_is_fed_the_mask_and_the_masked_image(euler: Path, tmp_path: Path) -> None:
    family = detect_family(with_channels(euler, tmp_path, 9))
    assert list(family.defaults) == [Task.INPAINTING]
    assert family.channels == 4
    mask = np.zeros((16, 24), np.bool_)
    mask[8:, 16:] = True
    behind = family.mask_inputs(mask, np.full((1, 4, 2, 3), 5, np.float32), n=2)
    assert behind.shape == (2, 5, 2, 3)
    assert behind[1, 0].tolist() == [[0, 0, 0], [0, 0, 1]]
    assert (behind[:, 1:] == 5).all()


def test_guidance(euler: Path, lcm: Path) -> None:
    assert detect_family(euler / "unet").uses_classifier_free_guidance(1.1)
    assert not detect_family(euler / "unet").uses_classifier_free_guidance(1.0)
    assert not detect_family(lcm / "unet").uses_classifier_free_guidance(7.5)


def test_guidance_embedding() -> None:
    scale = 8.5
    frequencies = [math.exp(-math.log(10000) * i / 127) for i in range(128)]
    angles = [1000 * (scale - 1) * frequency for frequency in frequencies]
    expected = [*map(math.sin, angles), *map(math.cos, angles), 0.0]
    embedding = guidance_embedding(scale, 257)
    assert embedding.shape == (1, 257)
    np.testing.assert_allclose(embedding[0], expected, atol=2e-3)
