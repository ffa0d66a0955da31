"""Every family does every task with the pixels that openvino_genai makes; a table of it ends the tests' output.

Where openvino_genai fails, which is with several images at once in inpainting and more, ours must still make them.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.parity.cells import MODELS, Cell, all_of, few, tasks_of
from tests.parity.conftest import Rows
from tests.parity.images import difference
from tests.parity.sides import Genai, Ours
from tests.parity.variants import model_folder

GRID = [(model, task) for model in MODELS for task in tasks_of(model)]
PRECISIONS = {"default": {}, "f32": {"INFERENCE_PRECISION_HINT": "f32"}}


def check(model: str, task: str, precision: str, cells: Iterable[Cell], table: Rows) -> None:
    folder, properties = model_folder(model), PRECISIONS[precision]
    genai, ours = Genai(folder, properties), Ours(folder, properties)
    wrong = []
    for seed, cell in enumerate(cells):
        made = ours.images(task, cell, seed)
        assert made.shape == (cell.get("n", 1), cell["height"], cell["width"], 3)
        assert made.std() > 1
        try:
            outcome = difference(made, genai.images(task, cell, seed))
        except RuntimeError:
            outcome = "fail in openvino_genai"
        else:
            wrong += [f"{cell}: {outcome}"] if outcome else []
        table[model, task, precision].append(outcome)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("model", "task"), GRID)
def test_some_cells(model: str, task: str, table: Rows) -> None:
    check(model, task, "default", few(model, task), table)


@pytest.mark.sweep
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("model", "task"), GRID)
def test_all_cells(model: str, task: str, precision: str, table: Rows) -> None:
    check(model, task, precision, all_of(model, task), table)
