from __future__ import annotations

import numpy as np

from graphframe.calculators.diffusion.diffusion_request import Task
from graphframe.calculators.diffusion.families import Arrays, detect_family
from graphframe.calculators.text.embeddings import Embeddings
from tests.calculators.diffusion.requests import diffusion_request
from tests.models import model_path

SHAPE = (2, 4, 4, 6)
FAMILY = detect_family(model_path("qwen_image") / "transformer")


def inputs(*lengths: int) -> Arrays:
    attention_mask = np.array([[index < length for index in range(8)] for length in lengths], np.int64)
    embeddings = Embeddings(np.zeros((len(lengths), 8, 16), np.float32), attention_mask=attention_mask)
    return FAMILY.prompt_inputs(diffusion_request("a red cat", None, 0, 4, 4.0, SHAPE), [embeddings])


def test_it_does_no_inpainting() -> None:
    assert set(FAMILY.defaults) == {Task.TEXT_TO_IMAGE, Task.IMAGE_TO_IMAGE}


def test_one_row_an_image_and_prompt() -> None:
    assert inputs(3)["encoder_hidden_states_mask"].sum(axis=1).tolist() == [3, 3]
    both = inputs(5, 3)
    assert both["encoder_hidden_states_mask"].sum(axis=1).tolist() == [5, 5, 3, 3]
    assert both["encoder_hidden_states"].shape == (4, 8, 16)


def test_size_in_tokens() -> None:
    found = inputs(3)
    assert (int(found["height"]), int(found["width"])) == (2, 3)
    packed = FAMILY.pack(np.arange(2 * 4 * 4 * 6, dtype=np.float32).reshape(SHAPE))
    assert packed.shape == (2, 6, 16)
    assert packed[0, 0, :4].tolist() == [0, 1, 6, 7]


def test_each_row_is_told_the_time() -> None:
    found = FAMILY.step_inputs(np.zeros((4, 6, 16), np.float32), np.float32(250))
    assert found["timestep"].tolist() == [0.25] * 4


def test_guidance_turns_what_the_model_says_and_leaves_its_length() -> None:
    without, output = np.array([[[0, 3]], [[4, 0]]], np.float32)
    guided = FAMILY.guided(without[None], output[None], np.float32(2))
    np.testing.assert_allclose(guided, np.array([[[8, -3]]]) * 4 / np.sqrt(73), rtol=1e-6)


def test_static_shapes_have_the_negative_prompt_and_the_prompt_one_after_the_other() -> None:
    shapes = FAMILY.static_shapes(SHAPE, 4, 512)
    assert shapes["hidden_states"] == (2, 6, None)
    assert shapes["encoder_hidden_states"] == (2, 512, None)
