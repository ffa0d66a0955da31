"""What travels on a stream."""

from __future__ import annotations

from typing import Any, NamedTuple

from graphframe.framework.timestamp import Timestamp


class Packet(NamedTuple):
    """A value at a timestamp. Immutable and shared by all who receive it: a calculator must not change its value."""

    value: Any
    timestamp: int

    def at(self, timestamp: int) -> Packet:
        """The same value at another timestamp."""
        return Packet(self.value, timestamp)

    def __repr__(self) -> str:
        return f"Packet({self.value!r}, {Timestamp.describe(self.timestamp)})"
