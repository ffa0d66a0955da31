from __future__ import annotations

from pathlib import Path

import pytest

from graphframe.calculators.diffusion.model_config import read_config, vae_scale_factor
from tests.models import model_path


def test_reads(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"block_out_channels": [1, 2, 3, 4]}')
    assert vae_scale_factor(read_config(tmp_path / "config.json")) == 8


def test_a_vae_of_videos_has_the_same_factor() -> None:
    assert vae_scale_factor(read_config(model_path("qwen_image") / "vae_decoder" / "config.json")) == 8


@pytest.mark.parametrize(("text", "words"), [("{", "not valid JSON"), ("[]", "expected a JSON object, not list")])
def test_what_is_no_config(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=words):
        read_config(tmp_path / "config.json")


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"config\.json is missing"):
        read_config(tmp_path / "config.json")
