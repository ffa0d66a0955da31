import math

import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.flow_match import DynamicShift, FlowMatchNoise


def sigmas(count: int, image_seq_len: int | None, **fields: object) -> list[float]:
    values = FlowMatchNoise.from_config(SchedulerConfig(fields)).sigmas(count, image_seq_len)
    assert values.dtype == np.float32
    return [float(value) for value in values]


def test_without_shift_they_are_spread_evenly() -> None:
    assert sigmas(4, 256) == [1, 0.75, 0.5, 0.25]
    assert sigmas(1, 256) == [1]
    assert sigmas(3, None) == pytest.approx([1, 0.5005, 0.001])
    assert sigmas(1, None) == [1]


def test_shift() -> None:
    assert sigmas(4, 256, shift=3.0) == pytest.approx([1, 0.9, 0.75, 0.5])
    # The range of the scheduler is shifted first: its least sigma is 0.003 / 1.002.
    assert sigmas(2, None, shift=3.0) == pytest.approx([1, 3 * 0.002994012 / (1 + 2 * 0.002994012)])


def test_dynamic_shift_grows_with_the_image() -> None:
    fields = {"use_dynamic_shifting": True, "shift": 3.0}
    for length, mu in ((256, 0.5), (4096, 1.15), (2176, 0.825)):
        shift = math.exp(mu)
        assert sigmas(2, length, **fields) == pytest.approx([1, shift / (shift + 1)])


def test_mu_of_flux_2() -> None:
    shift = DynamicShift.from_config(SchedulerConfig({"use_dynamic_shifting": True, "time_shift_type": "exponential"}))
    assert shift is not None
    assert shift.mu(1024, 10) == pytest.approx(8.73809524e-05 * 1024 + 1.89833333)
    assert shift.mu(1024, 200) == pytest.approx(0.00016927 * 1024 + 0.45666666)
    assert shift.mu(5000, 4) == pytest.approx(0.00016927 * 5000 + 0.45666666)


def test_shift_terminal_is_where_the_last_step_begins() -> None:
    assert sigmas(4, 256, shift_terminal=0.1)[-1] == pytest.approx(0.1)
    assert sigmas(4, 256, shift_terminal=0.1)[0] == 1
    assert sigmas(1, 256, shift_terminal=0.1) == [1]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"time_shift_type": "cubic"}, "time_shift_type is 'cubic'.* linear, exponential"),
        ({"invert_sigmas": True}, "invert_sigmas is true"),
        ({"shift": 0}, "shift must be above 0, not 0"),
        ({"shift_terminal": 1}, "shift_terminal must be below 1, not 1"),
        (
            {"use_dynamic_shifting": True, "max_image_seq_len": 256},
            "max_image_seq_len must be an integer of at least 257, not 256",
        ),
    ],
)
def test_refuses(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FlowMatchNoise.from_config(SchedulerConfig(fields))


def test_dynamic_shift_needs_to_know_the_image() -> None:
    with pytest.raises(ValueError, match="use_dynamic_shifting is true, which is not supported for this model"):
        sigmas(4, None, use_dynamic_shifting=True)
