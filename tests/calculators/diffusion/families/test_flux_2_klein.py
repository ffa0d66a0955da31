from __future__ import annotations

import numpy as np

from graphframe.calculators.diffusion.diffusion_request import Task
from graphframe.calculators.diffusion.families import Arrays, detect_family
from graphframe.calculators.text.embeddings import Embeddings
from tests.calculators.diffusion.requests import diffusion_request
from tests.models import model_path

SHAPE = (2, 4, 4, 6)
FAMILY = detect_family(model_path("flux2_klein") / "transformer")


def inputs(*references: tuple[int, int], prompts: int = 1) -> Arrays:
    embeddings = Embeddings(np.stack([np.full((5, 48), prompt, np.float32) for prompt in range(prompts)]))
    request = diffusion_request("a red cat", None, 0, 4, 4.0, SHAPE, reference_shapes=references)
    return FAMILY.prompt_inputs(request, [embeddings])


def test_it_does_no_inpainting() -> None:
    assert set(FAMILY.defaults) == {Task.TEXT_TO_IMAGE, Task.IMAGE_TO_IMAGE}


def test_positions_are_row_and_column() -> None:
    found = inputs()["img_ids"]
    assert found.shape == (2, 6, 4)
    assert found[1].tolist() == [[0, row, column, 0] for row in range(2) for column in range(3)]


def test_reference_images_stand_at_other_times() -> None:
    found = inputs((4, 6), (2, 8))["img_ids"]
    assert found.shape == (2, 16, 4)
    assert found[0, :6].tolist() == inputs()["img_ids"][0].tolist()
    assert found[0, 6:12].tolist() == [[10, row, column, 0] for row in range(2) for column in range(3)]
    assert found[0, 12:].tolist() == [[20, 0, column, 0] for column in range(4)]


def test_words_have_positions_too() -> None:
    found = inputs(prompts=2)
    assert found["txt_ids"].shape == (4, 5, 4)
    assert found["txt_ids"][3].tolist() == [[0, 0, 0, word] for word in range(5)]
    assert found["encoder_hidden_states"][:, 0, 0].tolist() == [0, 0, 1, 1]


def test_each_row_has_its_timestep() -> None:
    found = FAMILY.step_inputs(np.zeros((3, 6, 16), np.float32), np.float32(250))
    assert found["timestep"].tolist() == [0.25] * 3
