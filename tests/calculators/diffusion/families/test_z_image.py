from __future__ import annotations

import numpy as np

from graphframe.calculators.diffusion.diffusion_request import Task
from graphframe.calculators.diffusion.families import Arrays, detect_family
from graphframe.calculators.text.embeddings import Embeddings
from tests.calculators.diffusion.requests import diffusion_request
from tests.models import model_path

SHAPE = (2, 16, 4, 6)
FAMILY = detect_family(model_path("z_image") / "transformer")


def inputs(*lengths: int) -> Arrays:
    attention_mask = np.array([[index < length for index in range(96)] for length in lengths], np.int64)
    embeddings = Embeddings(np.zeros((len(lengths), 96, 16), np.float32), attention_mask=attention_mask)
    return FAMILY.prompt_inputs(diffusion_request("a red cat", "", 0, 4, 5.0, SHAPE), [embeddings])


def test_it_does_no_inpainting() -> None:
    assert set(FAMILY.defaults) == {Task.TEXT_TO_IMAGE, Task.IMAGE_TO_IMAGE}


def test_any_guidance_above_0_looks_at_the_negative_prompt() -> None:
    assert not FAMILY.uses_classifier_free_guidance(0)
    assert FAMILY.uses_classifier_free_guidance(0.5)


def test_tokens_that_fill_a_prompt_up_are_masked() -> None:
    mask = inputs(40, 3)["encoder_attention_mask"]
    assert mask.dtype == np.float32
    assert (mask == 0).sum(axis=1).tolist() == [40, 40, 3, 3]
    assert mask.min() == np.finfo(np.float32).min


def test_words_have_positions_up_to_a_multiple_of_32() -> None:
    words = inputs(40, 32, 33)["txt_ids"]
    assert [int(row.max()) for row in words[..., 0]] == [64, 64, 32, 32, 64, 64]
    assert words[2, :33, 0].tolist() == [*range(1, 33), 0]
    assert not words[..., 1:].any()


def test_the_image_stands_behind_the_words() -> None:
    places = inputs(40, 3)["img_ids"]
    assert places.shape == (4, 32, 3)
    assert places[0, :6].tolist() == [[65, row, column] for row in range(2) for column in range(3)]
    assert places[3, :6, 0].tolist() == [33] * 6
    assert not places[:, 6:].any()


def test_time_goes_from_noise_to_the_image() -> None:
    found = FAMILY.step_inputs(np.zeros((2, 16, 4, 6), np.float32), np.float32(250))
    assert found["timestep"].tolist() == [0.75]
    assert FAMILY.prediction(np.ones((1,), np.float32), (1,)).tolist() == [-1]
