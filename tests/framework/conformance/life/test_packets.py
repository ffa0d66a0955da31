"""Packets and timestamps: after packet_test.cc and timestamp_test.cc."""

from __future__ import annotations

import pytest

from graphframe import Packet, Timestamp


def test_at_keeps_the_payload() -> None:
    """Packet::At: shares what it holds; the original stays as it is."""
    value = ["shared"]
    packet = Packet(value, 5)
    later = packet.at(7)
    assert later.value is packet.value is value
    assert (packet.timestamp, later.timestamp) == (5, 7)


def test_packet_is_immutable() -> None:
    """PacketTest: a packet cannot be changed."""
    with pytest.raises(AttributeError):
        Packet(1, 1).timestamp = 2  # type: ignore[misc]


def test_debug_string() -> None:
    """TimestampTest.DebugString: special values by their names."""
    assert repr(Packet("a", 3)) == "Packet('a', 3)"
    assert repr(Packet("a", Timestamp.PRE_STREAM)) == "Packet('a', PRE_STREAM)"


def test_order_of_special_values() -> None:
    """TimestampTest.IsSpecial."""
    values = [
        Timestamp.UNSET,
        Timestamp.UNSTARTED,
        Timestamp.PRE_STREAM,
        Timestamp.MIN,
        Timestamp.MAX,
        Timestamp.POST_STREAM,
        Timestamp.ONE_OVER_POST_STREAM,
        Timestamp.DONE,
    ]
    assert values == sorted(set(values))
    assert values[0] == -(2**63)
    assert values[-1] == 2**63 - 1


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (Timestamp.UNSTARTED, Timestamp.MIN),
        (Timestamp.PRE_STREAM, Timestamp.ONE_OVER_POST_STREAM),
        (Timestamp.MIN, Timestamp.MIN + 1),
        (0, 1),
        (Timestamp.MAX - 1, Timestamp.MAX),
        (Timestamp.MAX, Timestamp.ONE_OVER_POST_STREAM),
        (Timestamp.POST_STREAM, Timestamp.ONE_OVER_POST_STREAM),
    ],
)
def test_next_allowed_in_stream(timestamp: int, expected: int) -> None:
    """TimestampTest.NextAllowedInStream."""
    assert Timestamp.next_allowed_in_stream(timestamp) == expected


def test_allowed_in_stream() -> None:
    """Timestamp::IsAllowedInStream."""
    allowed = [Timestamp.PRE_STREAM, Timestamp.MIN, 0, Timestamp.MAX, Timestamp.POST_STREAM]
    refused = [Timestamp.UNSET, Timestamp.UNSTARTED, Timestamp.ONE_OVER_POST_STREAM, Timestamp.DONE]
    assert all(map(Timestamp.is_allowed_in_stream, allowed))
    assert not any(map(Timestamp.is_allowed_in_stream, refused))
