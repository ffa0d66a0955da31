"""The schedule of FLUX.1 models that diffusers saved, which openvino_genai reads as that of FLUX.2.

A recent diffusers writes ``"time_shift_type": "exponential"``, its default, into ``scheduler_config.json``.
openvino_genai takes the field for FLUX.2's formula, and its absence for FLUX.1's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FIELD = "time_shift_type"
_FLUX_1 = "FluxTransformer2DModel"


def shift_is_misread(folder: Path) -> bool:
    """Return whether openvino_genai runs the model in a folder with another schedule than diffusers."""
    config = _read(_config_path(folder))
    return (
        _read(folder / "transformer" / "config.json").get("_class_name") == _FLUX_1
        and config.get(_FIELD) == "exponential"
        and config.get("use_dynamic_shifting") is True
    )


def remove_shift_type(folder: Path) -> None:
    """Remove the field if it is misread, which gives the schedule of FLUX.1 in diffusers and in openvino_genai."""
    if shift_is_misread(folder):
        path = _config_path(folder)
        config = {name: value for name, value in _read(path).items() if name != _FIELD}
        path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _config_path(folder: Path) -> Path:
    return folder / "scheduler" / "scheduler_config.json"


def _read(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; an empty one if it is missing or invalid, which loading the model reports."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
