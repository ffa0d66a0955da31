from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from calculators.diffusion.diffusion_request import DiffusionRequest
from calculators.diffusion.families import Arrays, Family, family_of
from calculators.text.embeddings import Embeddings

SHAPE = (2, 4, 4, 6)
CLIP = Embeddings(np.zeros((1, 77, 32), np.float32), np.full((1, 32), 5, np.float32))
T5 = Embeddings(np.full((1, 512, 32), 7, np.float32))


def with_config(flux: Path, folder: Path, **fields: object) -> Path:
    config = json.loads((flux / "transformer" / "config.json").read_text()) | fields
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def inputs(family: Family) -> Arrays:
    return family.prompt_inputs(DiffusionRequest("a red cat", None, 0, 4, 3.5, SHAPE), [CLIP, T5])


def test_looks_at_t5_and_at_what_clip_makes_of_the_whole(flux: Path) -> None:
    found = inputs(family_of(flux / "transformer"))
    assert found["encoder_hidden_states"].shape == (2, 512, 32)
    assert (found["encoder_hidden_states"] == 7).all()
    assert found["pooled_projections"].tolist() == [[5] * 32] * 2
    assert found["txt_ids"].tolist() == [[0, 0, 0]] * 512


def test_positions_are_row_and_column(flux: Path) -> None:
    found = inputs(family_of(flux / "transformer"))
    assert found["img_ids"].tolist() == [[0, row, column] for row in range(2) for column in range(3)]


def test_guidance_is_an_input_of_dev_but_not_of_schnell(flux: Path, tmp_path: Path) -> None:
    assert inputs(family_of(flux / "transformer"))["guidance"].tolist() == [3.5, 3.5]
    assert "guidance" not in inputs(family_of(with_config(flux, tmp_path, guidance_embeds=False)))
    assert not family_of(flux / "transformer").uses_classifier_free_guidance(7.0)


def test_each_token_is_a_square_of_latents(flux: Path) -> None:
    family = family_of(flux / "transformer")
    latents = np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)
    packed = family.pack(latents)
    assert packed.shape == (2, 2 * 3, 16)
    assert packed.shape[1] == family.image_seq_len(SHAPE)
    assert packed[1, 5].reshape(4, 2, 2).tolist() == latents[1, :, 2:, 4:].tolist()
    assert (family.unpack(packed, SHAPE) == latents).all()


def test_timesteps_are_parts_of_one(flux: Path) -> None:
    found = family_of(flux / "transformer").step_inputs(np.zeros((1, 6, 16), np.float32), np.float32(250))
    assert found["timestep"].tolist() == [0.25]
    assert found["timestep"].dtype == np.float32


def test_inpainting_model_is_refused(flux: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="takes 384 channels and gives 64: a model for inpainting"):
        family_of(with_config(flux, tmp_path, in_channels=384, out_channels=64))
