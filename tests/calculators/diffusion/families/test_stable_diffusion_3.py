from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from graphframe.calculators.diffusion.families import Arrays, detect_family
from graphframe.calculators.text.embeddings import Embeddings
from tests.calculators.diffusion.requests import diffusion_request

REQUEST = diffusion_request("a red cat", "dog", 0, 4, 7.0, (3, 4, 8, 8))


def clip(width: int) -> Embeddings:
    return Embeddings(np.full((2, 77, width), width, np.float32), np.full((2, width), width, np.float32))


def inputs(folder: Path, *t5: Embeddings) -> Arrays:
    return detect_family(folder / "transformer").prompt_inputs(REQUEST, [clip(32), clip(24), *t5])


def test_the_clips_side_by_side_filled_up_and_t5_behind_them(sd3: Path) -> None:
    found = inputs(sd3, Embeddings(np.full((2, 256, 80), 80, np.float32)))
    states = found["encoder_hidden_states"]
    assert states.shape == (6, 77 + 256, 80)
    assert states[0, 0].tolist() == [32] * 32 + [24] * 24 + [0] * 24
    assert (states[:, 77:] == 80).all()
    assert found["pooled_projections"].tolist() == [[32] * 32 + [24] * 24] * 6


def test_zeros_where_t5_would_be(sd3: Path) -> None:
    states = inputs(sd3)["encoder_hidden_states"]
    assert states.shape == (6, 77 + 77, 80)
    assert not states[:, 77:].any()


def test_negative_prompt_comes_first(sd3: Path) -> None:
    two = Embeddings(np.stack((np.zeros((77, 32)), np.ones((77, 32)))).astype(np.float32), np.eye(2, dtype=np.float32))
    found = detect_family(sd3 / "transformer").prompt_inputs(REQUEST, [two, two])
    assert [bool(row.any()) for row in found["encoder_hidden_states"]] == [False] * 3 + [True] * 3


def test_guidance(sd3: Path) -> None:
    family = detect_family(sd3 / "transformer")
    assert family.uses_classifier_free_guidance(1.1)
    assert not family.uses_classifier_free_guidance(1.0)


def test_what_takes_more_channels_than_it_gives_is_refused(sd3: Path, tmp_path: Path) -> None:
    config = json.loads((sd3 / "transformer" / "config.json").read_text()) | {"in_channels": 9}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="9 input channels and 4 output channels; expected equal numbers"):
        detect_family(tmp_path)
