from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphframe.calculators.diffusion.families import family_of


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"_class_name": "Karlo"}, "'Karlo' is of no family that is known; these are StableDiffusion, "),
        ({"_class_name": "UNet2DConditionModel"}, "there is no 'in_channels'"),
        ({}, "there is no '_class_name'"),
    ],
)
def test_config_that_fits_no_family(tmp_path: Path, config: dict[str, object], words: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"config\.json: ") as caught:
        family_of(tmp_path)
    assert words in str(caught.value)


def test_no_denoiser(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is missing"):
        family_of(tmp_path)
