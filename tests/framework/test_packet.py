from __future__ import annotations

import pytest

from graphframe import Packet, Timestamp


def test_cannot_be_changed() -> None:
    packet = Packet("value", 3)
    with pytest.raises(AttributeError):
        packet.value = "other"  # type: ignore[misc]


def test_at_gives_the_same_value_another_timestamp() -> None:
    value = object()
    assert Packet(value, 3).at(5) == (value, 5)
    assert Packet(value, 3).at(5).value is value


def test_repr_names_special_timestamps() -> None:
    assert repr(Packet("a", 3)) == "Packet('a', 3)"
    assert repr(Packet("a", Timestamp.POST_STREAM)) == "Packet('a', POST_STREAM)"
