from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphframe.calculators.diffusion.families import detect_family


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"_class_name": "Karlo"}, "the model class 'Karlo' is not supported; families: StableDiffusion, "),
        ({"_class_name": "UNet2DConditionModel"}, "the field 'in_channels' is missing"),
        ({}, "the field '_class_name' is missing"),
    ],
)
def test_config_that_fits_no_family(tmp_path: Path, config: dict[str, object], words: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"config\.json: ") as caught:
        detect_family(tmp_path)
    assert words in str(caught.value)


def test_a_missing_denoiser(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is missing"):
        detect_family(tmp_path)
