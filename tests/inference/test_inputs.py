from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphframe.inference import InferenceError, core
from graphframe.inference.inputs import ModelInputs
from tests.inference import toy_models

RIGHT = {
    "sample": np.zeros((2, 4, 8, 8), np.float32),
    "timestep": np.array(1),
    "states": np.zeros((2, 7, 8), np.float32),
}


@pytest.fixture(scope="module")
def inputs() -> ModelInputs:
    return ModelInputs(core().compile_model(toy_models.denoiser(), "CPU").inputs, list(RIGHT), "model unet.xml")


def test_gives_the_arrays_in_the_order_of_the_model(inputs: ModelInputs) -> None:
    arrays, shapes = inputs.check(dict(reversed(RIGHT.items())))
    assert [id(array) for array in arrays] == [id(array) for array in RIGHT.values()]
    assert shapes == ((2, 4, 8, 8), (), (2, 7, 8))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"sample": np.zeros((2, 3, 8, 8), np.float32)},
            'expected input "sample" float32[?,4,?,?]; found float32[2,3,8,8]',
        ),
        ({"sample": np.zeros((4, 8, 8), np.float32)}, 'input "sample" float32[?,4,?,?]; found float32[4,8,8]'),
        (
            {"states": np.zeros((2, 7, 8))},
            'expected input "states" float32[?,?,8]; found float64[2,7,8]',
        ),
        ({"timestep": np.array([1])}, 'expected input "timestep" int64[]; found int64[1]'),
        ({"timestep": np.array("now")}, 'expected input "timestep" int64[]; found text[]'),
        (
            {"stats": np.zeros(1)},
            'expected inputs "sample" float32[?,4,?,?], "timestep" int64[], "states" float32[?,?,8]; '
            "found sample, timestep, states, stats",
        ),
    ],
)
def test_says_what_was_expected_and_what_was_found(inputs: ModelInputs, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InferenceError) as error:
        inputs.check(RIGHT | wrong)
    assert str(error.value).startswith("model unet.xml: ")
    assert message in str(error.value)


def test_says_that_inputs_are_missing(inputs: ModelInputs) -> None:
    with pytest.raises(InferenceError, match=r"found none$"):
        inputs.check({})


def test_takes_text(tmp_path: Path) -> None:
    path = toy_models.save(toy_models.tokenizer(), tmp_path)
    name = "prompts"
    inputs = ModelInputs(core().compile_model(path, "CPU").inputs, [name], "model")
    assert inputs.check({name: ["a", "b"]})[1] == ((2,),)  # type: ignore[dict-item]
    with pytest.raises(InferenceError, match=r'expected input "\w+" text\[\?\]; found int64\[1\]'):
        inputs.check({name: np.array([1])})
