"""How much of a model may be changed, so that it is faster."""

from __future__ import annotations

import os
from typing import Literal, TypeAlias

Speed: TypeAlias = Literal["exact", "balanced"]
"""``"exact"`` leaves a model as it is. ``"balanced"`` rewrites it into an algebraically equal one, whose results differ
by the rounding of the device."""
VARIABLE = "GRAPHFRAME_SPEED"


def speed_of(option: str = "") -> Speed:
    """Return the speed of an option; without one the default, which is ``$GRAPHFRAME_SPEED`` or ``"exact"``.

    Raises
    ------
    ValueError
        If it is neither.
    """
    match option or os.environ.get(VARIABLE) or "exact":
        case "exact":
            return "exact"
        case "balanced":
            return "balanced"
        case found:
            source = "speed" if option else f"the environment variable {VARIABLE}"
            raise ValueError(f'{source} must be exact or balanced, not "{found}"')
