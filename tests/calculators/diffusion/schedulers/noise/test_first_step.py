import pytest

from graphframe.calculators.diffusion.schedulers.noise.first_step import first_step


@pytest.mark.parametrize(
    ("count", "strength", "first"),
    [(10, 1.0, 0), (10, 0.75, 3), (10, 0.7, 3), (10, 0.3, 7), (50, 0.58, 21), (4, 0.25, 3)],
)
def test_takes_the_last_whole_steps(count: int, strength: float, first: int) -> None:
    assert first_step(count, count, strength) == first


def test_a_step_in_part() -> None:
    assert first_step(10, 10, 0.75, partial_step=True) == 2
    assert first_step(10, 10, 0.05, partial_step=True) == 9


def test_steps_of_several_calls() -> None:
    assert first_step(19, 10, 0.7, calls=2) == 6


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_out_of_range(strength: float) -> None:
    with pytest.raises(ValueError, match="strength must be from 0 to 1, not"):
        first_step(4, 4, strength)


def test_nothing_left() -> None:
    with pytest.raises(ValueError, match=r"strength 0\.1 leaves none of 4 steps; use more strength or more steps"):
        first_step(4, 4, 0.1)
    assert first_step(5, 4, 0.1) == 4
