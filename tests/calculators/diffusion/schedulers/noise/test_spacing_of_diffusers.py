import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.spacing_of_diffusers import SpacingOfDiffusers


@pytest.mark.parametrize(
    ("kind", "timesteps", "before_the_last"),
    [
        ("linspace", [999, 749.25, 499.5, 249.75, 0], [999, 799, 599, 400, 200]),
        ("leading", [801, 601, 401, 201, 1], [831, 665, 499, 333, 167]),
        ("trailing", [999, 799, 599, 399, 199], [999, 799, 599, 399, 199]),
    ],
)
def test_five_of_a_thousand(kind: str, timesteps: list[float], before_the_last: list[int]) -> None:
    spacing = SpacingOfDiffusers(kind, 1000, 1)
    assert spacing.timesteps(5).tolist() == timesteps
    assert spacing.timesteps_before_the_last(5).tolist() == before_the_last
    assert spacing.timesteps_before_the_last(5).dtype == np.int64


def test_trailing_rounds_halves_to_even() -> None:
    assert SpacingOfDiffusers("trailing", 1000, 0).timesteps(16)[:4].tolist() == [999, 937, 874, 811]


@pytest.mark.parametrize("kind", ["leading", "linspace", "trailing"])
def test_every_count_gives_so_many_timesteps_from_the_noisiest_down(kind: str) -> None:
    spacing = SpacingOfDiffusers(kind, 1000, 0)
    for count in range(1, 500):
        for timesteps in (spacing.timesteps(count), spacing.timesteps_before_the_last(count)):
            assert len(timesteps) == count
            assert 0 <= timesteps[-1] <= timesteps[0] <= 999
            assert (np.diff(timesteps) < 0).all()


def test_reads_the_config() -> None:
    assert SpacingOfDiffusers.from_config(SchedulerConfig({})) == SpacingOfDiffusers("linspace", 1000, 0)
    config = SchedulerConfig({"timestep_spacing": "leading", "num_train_timesteps": 500, "steps_offset": 1})
    assert SpacingOfDiffusers.from_config(config) == SpacingOfDiffusers("leading", 500, 1)
    with pytest.raises(ValueError, match="timestep_spacing is 'karras'"):
        SpacingOfDiffusers.from_config(SchedulerConfig({"timestep_spacing": "karras"}))


def test_refuses_a_count() -> None:
    with pytest.raises(ValueError, match="num_inference_steps must be between 1 and 1000, not 0"):
        SpacingOfDiffusers("leading", 1000, 0).timesteps(0)
    with pytest.raises(ValueError, match="num_inference_steps 1000 with the scheduler's steps_offset 1"):
        SpacingOfDiffusers("leading", 1000, 1).timesteps(1000)
