from __future__ import annotations

from typing import Any

import pytest

from graphframe.images import ImageRequest
from graphframe.progress import Stage
from graphframe.serving.generation.generation import Generation
from graphframe.serving.generation.pace import _KEPT, Pace
from tests.serving.conftest import MakeModel


@pytest.fixture
def make(make_model: MakeModel) -> Any:
    model = make_model(load=False)

    def make_generation(**fields: Any) -> Generation:
        return Generation(model, ImageRequest("a cat", **fields), "id", "owner")

    return make_generation


def ended(generation: Generation, rest: float, steps: list[float]) -> Generation:
    """Return a generation as if it had run for so long in its steps, and otherwise."""
    generation.progress.stages["denoise"] = Stage(step=len(steps), steps=len(steps), step_seconds=steps)
    generation.ran = lambda: rest + sum(steps)  # type: ignore[method-assign]
    return generation


def test_nothing_is_known_at_first(make: Any) -> None:
    assert Pace().expected(make()) == 0


def test_steps_and_the_rest(make: Any) -> None:
    pace = Pace()
    pace.learn(ended(make(num_inference_steps=4), 2.0, [1.0] * 4), 6.0)
    assert pace.expected(make(num_inference_steps=4)) == pytest.approx(6)
    assert pace.expected(make(num_inference_steps=50)) == pytest.approx(52)
    assert pace.expected(make()) == 0  # by default, a model may have any number of steps
    assert pace.expected(make(num_inference_steps=4, width=1024)) == 0


def test_time_in_which_others_ran_does_not_count(make: Any) -> None:
    pace = Pace()
    pace.learn(ended(make(num_inference_steps=10), 5.0, [2.0] * 10), 12.5)  # half of the time
    assert pace.expected(make(num_inference_steps=20)) == pytest.approx(22.5)


def test_the_default_number_of_steps(make: Any) -> None:
    pace = Pace()
    pace.learn(ended(make(), 1.0, [1.0] * 20), 21.0)
    assert pace.expected(make()) == pytest.approx(21)


def test_an_average(make: Any) -> None:
    pace = Pace()
    for seconds in (10.0, 20.0):
        pace.learn(make(), seconds)
    assert 10 < pace.expected(make()) < 20


def test_the_number_of_kinds_has_a_limit(make: Any) -> None:
    pace = Pace()
    for width in range(_KEPT + 10):
        pace.learn(make(width=width), 1.0)
    assert pace.expected(make(width=0)) == 0
    assert pace.expected(make(width=_KEPT + 9)) == 1
