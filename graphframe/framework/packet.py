"""`Packet`, the unit that streams carry."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from graphframe.framework.timestamp import Timestamp


class Packet(NamedTuple):
    """A value at a timestamp. Immutable, and shared by its receivers: a calculator must not change the value."""

    value: Any
    timestamp: int

    def at(self, timestamp: int) -> Packet:
        """Return the same value at another timestamp."""
        return Packet(self.value, timestamp)

    def __repr__(self) -> str:
        return f"Packet({self.value!r}, {Timestamp.describe(self.timestamp)})"


new_packet: Final[Callable[[tuple[Any, int]], Packet]] = partial(tuple.__new__, Packet)
"""Makes a packet from a value and a timestamp in a third of the time: a NamedTuple's constructor runs in Python."""
