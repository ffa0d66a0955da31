from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from calculators.diffusion.families import family_of
from calculators.diffusion.families.stable_diffusion import guidance_embedding


def test_inpainting_model_is_refused(euler: Path, tmp_path: Path) -> None:
    shutil.copytree(euler, tmp_path / "model")
    path = tmp_path / "model" / "unet" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"in_channels": 9}))
    with pytest.raises(ValueError, match="takes 9 channels and gives 4: a model for inpainting"):
        family_of(tmp_path / "model" / "unet")


def test_guidance(euler: Path, lcm: Path) -> None:
    assert family_of(euler / "unet").uses_classifier_free_guidance(1.1)
    assert not family_of(euler / "unet").uses_classifier_free_guidance(1.0)
    assert not family_of(lcm / "unet").uses_classifier_free_guidance(7.5)


def test_guidance_embedding() -> None:
    scale = 8.5
    frequencies = [math.exp(-math.log(10000) * i / 127) for i in range(128)]
    angles = [1000 * (scale - 1) * frequency for frequency in frequencies]
    expected = [*map(math.sin, angles), *map(math.cos, angles), 0.0]
    embedding = guidance_embedding(scale, 257)
    assert embedding.shape == (1, 257)
    np.testing.assert_allclose(embedding[0], expected, atol=2e-3)
