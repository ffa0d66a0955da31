from __future__ import annotations

import math

import pytest

from graphframe.serving.errors import APIError
from graphframe.serving.generation.deadline import Deadline, seconds_of


@pytest.mark.parametrize(
    ("headers", "others", "expected"),
    [
        ({}, (), math.inf),
        ({}, (None, None), math.inf),
        ({"x-stainless-read-timeout": "600"}, (None, 30.0), 30),
        ({"x-stainless-read-timeout": "2.5"}, (None, 30.0), 2.5),
        ({"x-stainless-timeout": "7"}, (None, 30.0), 7),
        ({"x-stainless-timeout": "7", "x-stainless-read-timeout": "600"}, (5.0, 30.0), 5),
        ({"x-stainless-read-timeout": "NOT_GIVEN"}, (30.0,), 30),
        ({"x-stainless-read-timeout": "nan"}, (), math.inf),
        ({"x-stainless-read-timeout": "-1"}, (), math.inf),
        ({"x-stainless-read-timeout": "0"}, (), math.inf),
    ],
)
def test_the_least_of_all_limits(
    headers: dict[str, str | None], others: tuple[float | None, ...], expected: float
) -> None:
    assert seconds_of(headers, False, *others) == expected


def test_the_first_byte_of_a_stream_comes_at_once() -> None:
    assert seconds_of({"x-stainless-read-timeout": "1"}, True, 30.0) == 30


def test_too_little_time() -> None:
    deadline = Deadline(5.0)
    deadline.check(4.0)
    with pytest.raises(APIError) as raised:
        deadline.check(7.5)
    assert "it would take about 8 s, and has 5 s" in str(raised.value.description)
    assert raised.value.status_code == 504
    assert dict(raised.value.headers or {})["x-should-retry"] == "false"
    assert raised.value.error_code == "deadline_exceeded"
    assert "did not end within 5 s" in str(deadline.passed().description)


def test_no_limit() -> None:
    deadline = Deadline(math.inf)
    deadline.check(1e9)
    assert deadline.left() is None
    assert Deadline(0.0).left() == 0
