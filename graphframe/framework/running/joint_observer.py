"""Observers of several streams at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from graphframe.framework.input_policy.default import Default
from graphframe.framework.input_policy.policy import READY, BoundedStream
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp

Packets: TypeAlias = tuple[Packet | None, ...]
"""The packets of several streams at one timestamp; None for those without one."""

_JOIN: Final = Default()


class JointObserver:
    """Joins the packets of streams by their timestamps, as the default input policy does.

    Parameters
    ----------
    streams : sequence of BoundedStream
    on_packets : callable
        Called with the packets of each timestamp that any of the streams has, once it is settled on all of them.
    """

    def __init__(self, streams: Sequence[BoundedStream], on_packets: Callable[[Packets], None]) -> None:
        self._inputs = [_JoinedStream(stream) for stream in streams]
        self._on_packets = on_packets

    def put(self, position: int, packet: Packet) -> None:
        """Take a packet of the stream at `position`."""
        self._inputs[position].queue.append(packet)
        self.settle(packet.timestamp)

    def settle(self, _: int) -> None:
        """Show the packets of all timestamps that are settled now."""
        while (found := _JOIN.readiness(self._inputs))[0] is READY:
            self._on_packets(tuple(_JOIN.take(self._inputs, found[1])))


class _JoinedStream:
    def __init__(self, stream: BoundedStream) -> None:
        self.stream = stream
        self.queue: deque[Packet] = deque()
        self.processed: int = Timestamp.UNSTARTED
        self.shift: int | None = None
