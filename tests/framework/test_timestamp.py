from __future__ import annotations

import pytest

from graphframe import Timestamp

IN_ORDER = [
    Timestamp.UNSET,
    Timestamp.UNSTARTED,
    Timestamp.PRE_STREAM,
    Timestamp.MIN,
    0,
    Timestamp.MAX,
    Timestamp.POST_STREAM,
    Timestamp.ONE_OVER_POST_STREAM,
    Timestamp.DONE,
]


def test_special_values_are_those_of_mediapipe() -> None:
    assert sorted(IN_ORDER) == IN_ORDER
    assert Timestamp.UNSET == -(2**63)
    assert Timestamp.DONE == 2**63 - 1
    assert Timestamp.MIN == Timestamp.UNSET + 3
    assert Timestamp.MAX == Timestamp.DONE - 3


def test_which_a_packet_may_carry() -> None:
    allowed = [timestamp for timestamp in IN_ORDER if Timestamp.is_allowed_in_stream(timestamp)]
    assert allowed == [Timestamp.PRE_STREAM, Timestamp.MIN, 0, Timestamp.MAX, Timestamp.POST_STREAM]


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (Timestamp.UNSTARTED, Timestamp.MIN),
        (Timestamp.PRE_STREAM, Timestamp.ONE_OVER_POST_STREAM),
        (Timestamp.MIN, Timestamp.MIN + 1),
        (-1, 0),
        (Timestamp.MAX - 1, Timestamp.MAX),
        (Timestamp.MAX, Timestamp.ONE_OVER_POST_STREAM),
        (Timestamp.POST_STREAM, Timestamp.ONE_OVER_POST_STREAM),
    ],
)
def test_what_may_follow(timestamp: int, expected: int) -> None:
    assert Timestamp.next_allowed_in_stream(timestamp) == expected


def test_description() -> None:
    assert Timestamp.describe(Timestamp.PRE_STREAM) == "PRE_STREAM"
    assert Timestamp.describe(-3) == "-3"
    assert [Timestamp.describe(timestamp) for timestamp in range(100)] == [str(timestamp) for timestamp in range(100)]
