from __future__ import annotations

import pytest

from graphframe.inference import lane
from graphframe.inference.lane import Lane
from graphframe.serving.generation.places import default_places


@pytest.mark.parametrize(("slots", "places"), [([], 16), ([1, 4], 16), ([4, 6], 20), ([32], 64)])
def test_places_follow_the_slots_of_the_devices(slots: list[int], places: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [Lane(f"GPU.{number}") for number in range(len(slots))]
    for each, count in zip(made, slots, strict=True):
        each.grow(count)
    monkeypatch.setattr(lane, "lanes", lambda: made)
    assert default_places() == places
