"""Models that differ from those of `tests.models` in their configs only."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.models import model_path


@dataclass(frozen=True)
class Variant:
    """The changes to a model."""

    model: str
    without: tuple[str, ...] = ()
    changed: dict[str, dict[str, Any]] = field(default_factory=dict)


VARIANTS = {
    "flux2_klein_base": Variant("flux2_klein", changed={"model_index.json": {"is_distilled": False}}),
    "stable_diffusion_3_without_t5": Variant(
        "stable_diffusion_3",
        without=("text_encoder_3", "tokenizer_3"),
        changed={"model_index.json": {"text_encoder_3": [None, None], "tokenizer_3": [None, None]}},
    ),
    "stable_diffusion_xl_turbo": Variant(
        "stable_diffusion_xl",
        changed={
            "scheduler/scheduler_config.json": {
                "_class_name": "EulerAncestralDiscreteScheduler",
                "timestep_spacing": "trailing",
            }
        },
    ),
}


@cache
def model_folder(name: str) -> Path:
    """Return the folder of a model of `tests.models`, or of a variant."""
    if name not in VARIANTS:
        return model_path(name)
    variant, folder = VARIANTS[name], Path(tempfile.mkdtemp(prefix=f"graphframe-{name}-"))
    atexit.register(shutil.rmtree, folder)
    original = model_path(variant.model)
    for part in original.iterdir():
        if part.name not in variant.without:
            (folder / part.name).symlink_to(part)
    for path, fields in variant.changed.items():
        changed = folder / path
        content = json.loads((original / path).read_text()) | fields
        if changed.parent != folder:
            changed.parent.unlink()
            changed.parent.mkdir()
        changed.unlink(missing_ok=True)
        changed.write_text(json.dumps(content))
    return folder
