import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.noise.diffusers_timesteps import (
    diffusers_multistep_timesteps,
    diffusers_timesteps,
)
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing


@pytest.mark.parametrize(
    ("kind", "timesteps", "multistep"),
    [
        ("linspace", [999, 749.25, 499.5, 249.75, 0], [999, 799, 599, 400, 200]),
        ("leading", [801, 601, 401, 201, 1], [831, 665, 499, 333, 167]),
        ("trailing", [999, 799, 599, 399, 199], [999, 799, 599, 399, 199]),
    ],
)
def test_five_of_a_thousand(kind: str, timesteps: list[float], multistep: list[int]) -> None:
    spacing = TimestepSpacing(kind, 1000, 1)
    assert diffusers_timesteps(spacing, 5).tolist() == timesteps
    assert diffusers_multistep_timesteps(spacing, 5).tolist() == multistep
    assert diffusers_multistep_timesteps(spacing, 5).dtype == np.int64


def test_trailing_rounds_halves_to_even() -> None:
    assert diffusers_timesteps(TimestepSpacing("trailing", 1000, 0), 16)[:4].tolist() == [999, 937, 874, 811]


@pytest.mark.parametrize("kind", ["leading", "linspace", "trailing"])
def test_every_count_gives_that_number_of_timesteps_in_descending_order(kind: str) -> None:
    spacing = TimestepSpacing(kind, 1000, 0)
    for count in range(1, 500):
        for timesteps in (diffusers_timesteps(spacing, count), diffusers_multistep_timesteps(spacing, count)):
            assert len(timesteps) == count
            assert 0 <= timesteps[-1] <= timesteps[0] <= 999
            assert (np.diff(timesteps) < 0).all()


def test_refuses_a_count() -> None:
    with pytest.raises(ValueError, match="num_inference_steps must be between 1 and 1000, not 0"):
        diffusers_timesteps(TimestepSpacing("leading", 1000, 0), 0)
    with pytest.raises(ValueError, match="num_inference_steps 1000 with the scheduler's steps_offset 1"):
        diffusers_timesteps(TimestepSpacing("leading", 1000, 1), 1000)
