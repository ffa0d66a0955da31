from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from graphframe.calculators.diffusion.diffusion_request import Task
from graphframe.calculators.diffusion.families import Arrays, Family, detect_family
from graphframe.calculators.text.embeddings import Embeddings
from tests.calculators.diffusion.requests import diffusion_request

SHAPE = (2, 4, 4, 6)
CLIP = Embeddings(np.zeros((1, 77, 32), np.float32), np.full((1, 32), 5, np.float32))
T5 = Embeddings(np.full((1, 512, 32), 7, np.float32))


def with_config(flux: Path, folder: Path, **fields: object) -> Path:
    config = json.loads((flux / "transformer" / "config.json").read_text()) | fields
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def inputs(family: Family) -> Arrays:
    return family.prompt_inputs(diffusion_request("a red cat", None, 0, 4, 3.5, SHAPE), [CLIP, T5])


def test_looks_at_t5_and_at_what_clip_makes_of_the_whole(flux: Path) -> None:
    found = inputs(detect_family(flux / "transformer"))
    assert found["encoder_hidden_states"].shape == (2, 512, 32)
    assert (found["encoder_hidden_states"] == 7).all()
    assert found["pooled_projections"].tolist() == [[5] * 32] * 2
    assert found["txt_ids"].tolist() == [[0, 0, 0]] * 512


def test_positions_are_row_and_column(flux: Path) -> None:
    found = inputs(detect_family(flux / "transformer"))
    assert found["img_ids"].tolist() == [[0, row, column] for row in range(2) for column in range(3)]


def test_guidance_is_an_input_of_dev_but_not_of_schnell(flux: Path, tmp_path: Path) -> None:
    assert inputs(detect_family(flux / "transformer"))["guidance"].tolist() == [3.5, 3.5]
    assert "guidance" not in inputs(detect_family(with_config(flux, tmp_path, guidance_embeds=False)))
    assert not detect_family(flux / "transformer").uses_classifier_free_guidance(7.0)


def test_each_token_is_a_square_of_latents(flux: Path) -> None:
    family = detect_family(flux / "transformer")
    latents = np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)
    packed = family.pack(latents)
    assert packed.shape == (2, 2 * 3, 16)
    assert packed.shape[1] == family.image_seq_len(SHAPE)
    assert packed[1, 5].reshape(4, 2, 2).tolist() == latents[1, :, 2:, 4:].tolist()
    assert (family.unpack(packed, SHAPE) == latents).all()


def test_timesteps_are_parts_of_one(flux: Path) -> None:
    found = detect_family(flux / "transformer").step_inputs(np.zeros((1, 6, 16), np.float32), np.float32(250))
    assert found["timestep"].tolist() == [0.25]
    assert found["timestep"].dtype == np.float32


def test_what_is_neither_for_images_nor_for_inpainting_is_refused(flux: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"128 input channels and 64 output channels; expected 64 input channels, or 384"
    ):
        detect_family(with_config(flux, tmp_path, in_channels=128, out_channels=64))


def test_fill_is_fed_the_masked_image_and_the_mask_of_each_pixel(flux: Path, tmp_path: Path) -> None:
    family = detect_family(with_config(flux, tmp_path, in_channels=384, out_channels=64))
    assert list(family.defaults) == [Task.INPAINTING]
    assert family.channels == 16
    masked = np.arange(16 * 4 * 6, dtype=np.float32).reshape(1, 16, 4, 6)
    mask = np.zeros((32, 48), np.bool_)
    mask[17, 26] = True  # row 1, column 2 of latent (2, 3), which is the second one of token (1, 1)
    behind = family.mask_inputs(mask, masked, n=2)
    assert behind.shape == (2, 6, 64 + 256)
    assert (behind[0] == behind[1]).all()
    assert (behind[:1, :, :64] == family.pack(masked)).all()
    flags = behind[0, :, 64:].reshape(2, 3, 8, 8, 2, 2)
    assert np.argwhere(flags).tolist() == [[1, 1, 1, 2, 0, 1]]
