from __future__ import annotations

import pytest

from graphframe.calculators.diffusion.preview_steps import preview_steps


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 20, 39])
def test_as_many_as_fit_before_the_last_step(count: int, steps: int) -> None:
    previews = preview_steps(count, steps)
    assert len(previews) <= count
    assert len(previews) == count or steps <= count
    assert previews == sorted(set(previews))
    assert all(0 <= step < steps - 1 for step in previews)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_first_comes_in_the_first_half(count: int) -> None:
    assert preview_steps(count, 20)[0] < 10
