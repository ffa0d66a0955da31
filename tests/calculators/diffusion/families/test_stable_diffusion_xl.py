from __future__ import annotations

from pathlib import Path

import numpy as np

from graphframe.calculators.diffusion.families import Arrays, detect_family
from graphframe.calculators.text.embeddings import Embeddings
from tests.calculators.diffusion.requests import diffusion_request


def inputs(folder: Path, negative_prompt: str | None, guidance_scale: float, prompts: int, n: int = 1) -> Arrays:
    request = diffusion_request("a red cat", negative_prompt, 0, 4, guidance_scale, (n, 4, 8, 16))
    embeddings = [
        Embeddings(np.full((prompts, 77, width), width, np.float32), np.full((prompts, width), width, np.float32))
        for width in (32, 24)
    ]
    return detect_family(folder / "unet").prompt_inputs(request, embeddings)


def test_both_encoders_side_by_side_and_the_second_of_the_whole_prompt(xl: Path) -> None:
    found = inputs(xl, None, 1.0, prompts=1)
    assert found["encoder_hidden_states"].shape == (1, 77, 32 + 24)
    assert (found["encoder_hidden_states"][..., :32] == 32).all()
    assert (found["encoder_hidden_states"][..., 32:] == 24).all()
    assert found["text_embeds"].tolist() == [[24] * 24]


def test_size_of_the_image_width_first(xl: Path) -> None:
    found = inputs(xl, "dog", 5.0, prompts=2, n=3)
    assert found["time_ids"].tolist() == [[128, 64, 0, 0, 128, 64]] * 6


def test_zeros_stand_for_no_negative_prompt(xl: Path) -> None:
    found = inputs(xl, None, 5.0, prompts=1, n=2)
    for name in ("encoder_hidden_states", "text_embeds"):
        assert [bool(row.any()) for row in found[name]] == [False, False, True, True]
    assert all(row.any() for row in inputs(xl, "", 5.0, prompts=2, n=2)["encoder_hidden_states"])
