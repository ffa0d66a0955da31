from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphframe.repository.flux_schedule import remove_shift_type, shift_is_misread

DYNAMIC = {"use_dynamic_shifting": True, "time_shift_type": "exponential", "shift": 3.0}


def model(folder: Path, scheduler: dict[str, Any], transformer: str = "FluxTransformer2DModel") -> Path:
    for part, config in (
        ("scheduler/scheduler_config.json", scheduler),
        ("transformer/config.json", {"_class_name": transformer}),
    ):
        (folder / part).parent.mkdir()
        (folder / part).write_text(json.dumps(config))
    return folder


def test_export_removes_the_field(tmp_path: Path) -> None:
    folder = model(tmp_path, DYNAMIC)
    assert shift_is_misread(folder)
    remove_shift_type(folder)
    assert not shift_is_misread(folder)
    left = json.loads((folder / "scheduler/scheduler_config.json").read_text())
    assert left == {"use_dynamic_shifting": True, "shift": 3.0}


@pytest.mark.parametrize(
    ("scheduler", "transformer"),
    [
        ({**DYNAMIC, "use_dynamic_shifting": False}, "FluxTransformer2DModel"),
        ({**DYNAMIC, "time_shift_type": "linear"}, "FluxTransformer2DModel"),
        ({"use_dynamic_shifting": True}, "FluxTransformer2DModel"),
        (DYNAMIC, "Flux2Transformer2DModel"),
        (DYNAMIC, "QwenImageTransformer2DModel"),
    ],
)
def test_keeps_other_schedules(tmp_path: Path, scheduler: dict[str, Any], transformer: str) -> None:
    folder = model(tmp_path, scheduler, transformer)
    remove_shift_type(folder)
    assert json.loads((folder / "scheduler/scheduler_config.json").read_text()) == scheduler


def test_a_folder_without_these_files(tmp_path: Path) -> None:
    assert not shift_is_misread(tmp_path)
    (tmp_path / "scheduler").mkdir()
    (tmp_path / "scheduler/scheduler_config.json").write_text("[")
    assert not shift_is_misread(tmp_path)
