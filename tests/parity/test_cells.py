"""Every family has the pixels of openvino_genai in every task; the tests print a table at the end.

Where openvino_genai fails, e.g. for several images in inpainting, ours must still generate images.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.parity.cells import MODELS, TEXT_TO_IMAGE, Cell, all_of, few, tasks_of
from tests.parity.conftest import Rows
from tests.parity.images import difference
from tests.parity.sides import Genai, Ours
from tests.parity.variants import VARIANTS, model_folder

GRID = [(model, task) for model in MODELS for task in tasks_of(model)]
LIKE_OTHERS = ("stable_diffusion_pndm", "flux_schnell", *VARIANTS)
"""Models that process images like other models."""
QUICK = [
    ("stable_diffusion_euler", TEXT_TO_IMAGE),
    *((model, TEXT_TO_IMAGE if model in LIKE_OTHERS else tasks_of(model)[-1]) for model in MODELS),
]
"""A task for each model, the one that needs most of it; the sweep tests all tasks."""
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


@pytest.mark.parametrize(("model", "task"), QUICK)
def test_some_cells(model: str, task: str, table: Rows) -> None:
    check(model, task, "default", few(model, task), table)


@pytest.mark.parametrize(
    "model", ["stable_diffusion_euler", "stable_diffusion_xl", "stable_diffusion_3", "flux_dev", "flux2_klein_base"]
)
def test_all_tasks_at_once_with_guidance_and_without(model: str) -> None:
    """openvino_genai's pipelines are not thread-safe, and Stable Diffusion 3's cannot change its guidance."""
    ours = Ours(model_folder(model))
    requests = [
        (task, {"width": 64, "height": 64 * n, "num_inference_steps": 5, "guidance_scale": scale, "n": n})
        for task in tasks_of(model)
        for n, scale in ((2, 7.5), (1, 0.9))
    ]
    alone = [ours.images(task, cell, seed) for seed, (task, cell) in enumerate(requests)]
    with ThreadPoolExecutor(len(requests)) as pool:
        made = pool.map(lambda seed: ours.images(*requests[seed], seed), range(len(requests)))
        assert [difference(*pair) for pair in zip(made, alone, strict=True)] == [""] * len(requests)


@pytest.mark.sweep
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("model", "task"), GRID)
def test_all_cells(model: str, task: str, precision: str, table: Rows) -> None:
    check(model, task, precision, all_of(model, task), table)
