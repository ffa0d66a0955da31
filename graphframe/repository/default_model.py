"""The model that ships with graphframe, for when none is named: it draws pictograms."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

DEFAULT_MODEL = Path(str(importlib.resources.files("graphframe") / "pictograms"))
"""Its folder; how it was made is told in ``examples/default_model``."""
NOTICE = (
    "no --model_path given: this is pictograms, the small model that ships with graphframe. It draws stars, cats,"
    " houses and a dozen other things in ten colours, and nothing else."
)
"""What a user is told who names no model."""
