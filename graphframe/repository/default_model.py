"""pictograms, the model that ships with graphframe and is used when none is named."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

DEFAULT_MODEL = Path(str(importlib.resources.files("graphframe") / "pictograms"))
"""Its folder; ``examples/default_model`` shows how it was trained."""
NOTICE = (
    "No --model_path is given: using pictograms, the small model that ships with graphframe. It draws stars, cats,"
    " houses and a dozen other things in ten colours, and nothing else."
)
"""The message for a user who names no model."""
