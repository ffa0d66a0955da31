import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.timestep_spacing import TimestepSpacing


@pytest.mark.parametrize(
    ("kind", "offset", "expected"),
    [
        ("leading", 0, [800, 600, 400, 200, 0]),
        ("leading", 1, [801, 601, 401, 201, 1]),
        ("linspace", 1, [999, 749, 500, 250, 0]),
        ("trailing", 1, [999, 799, 599, 399, 199]),
    ],
)
def test_five_of_a_thousand(kind: str, offset: int, expected: list[int]) -> None:  # table 2 of arXiv:2305.08891
    timesteps = TimestepSpacing(kind, 1000, offset).timesteps(5)
    assert timesteps.dtype == np.int64
    assert timesteps.tolist() == expected


@pytest.mark.parametrize(("kind", "expected"), [("leading", 1), ("linspace", 0), ("trailing", 999)])
def test_a_single_step(kind: str, expected: int) -> None:
    assert TimestepSpacing(kind, 1000, 1).timesteps(1).tolist() == [expected]


@pytest.mark.parametrize("kind", ["leading", "linspace", "trailing"])
def test_every_count_gives_that_number_of_timesteps_in_descending_order(kind: str) -> None:
    spacing = TimestepSpacing(kind, 1000, 0)
    for count in range(1, 1001):
        timesteps = spacing.timesteps(count)
        assert len(timesteps) == count
        assert 0 <= timesteps[-1] <= timesteps[0] <= 999
        assert (np.diff(timesteps) < 0).all()


@pytest.mark.parametrize("count", [9, 11, 12, 18, 21, 22, 30, 31])
def test_trailing_where_openvino_genai_would_go_below_0_is_as_in_diffusers(count: int) -> None:
    diffusers = np.round(np.arange(1000, 0, -1000 / count)).astype(np.int64) - 1
    assert TimestepSpacing("trailing", 1000, 0).timesteps(count).tolist() == diffusers.tolist()


def test_trailing_rounds_halves_up() -> None:
    # 1000, 937.5, 875, 812.5 ...
    assert TimestepSpacing("trailing", 1000, 0).timesteps(16)[:4].tolist() == [999, 937, 874, 812]


def test_reads_the_config() -> None:
    assert TimestepSpacing.from_config(SchedulerConfig({})) == TimestepSpacing("leading", 1000, 0)
    config = SchedulerConfig({"timestep_spacing": "trailing", "num_train_timesteps": 500, "steps_offset": 1})
    assert TimestepSpacing.from_config(config) == TimestepSpacing("trailing", 500, 1)
    assert TimestepSpacing.from_config(SchedulerConfig({}), "linspace").kind == "linspace"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"timestep_spacing": "karras"}, "timestep_spacing is 'karras'.* leading, linspace, trailing"),
        ({"steps_offset": -1}, "steps_offset must be an integer of at least 0, not -1"),
    ],
)
def test_refuses_a_config(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TimestepSpacing.from_config(SchedulerConfig(fields))


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_refuses_a_count(count: int) -> None:
    with pytest.raises(ValueError, match=f"num_inference_steps must be between 1 and 1000, not {count}"):
        TimestepSpacing("leading", 1000, 0).timesteps(count)


def test_refuses_to_start_past_the_last_timestep() -> None:
    with pytest.raises(ValueError, match="num_inference_steps 1000 with the scheduler's steps_offset 1"):
        TimestepSpacing("leading", 1000, 1).timesteps(1000)
