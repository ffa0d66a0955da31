"""How many generations run at once, unless the operator says so."""

from __future__ import annotations

import sys

_LEAST = 16
"""So that short requests overtake long ones, and stages on different devices overlap, on a device with few slots."""


def default_places() -> int:
    """Return twice the inferences that all devices run at once, so that none idles between two runs, or 16 if more."""
    lane = sys.modules.get("graphframe.inference.lane")  # which imports OpenVINO: no model is loaded before it
    slots = sum(each.counts().slots for each in lane.lanes()) if lane else 0
    return max(2 * slots, _LEAST)
