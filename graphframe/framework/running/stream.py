"""The state of one stream of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from graphframe.framework.errors import GraphError
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp

if TYPE_CHECKING:
    from graphframe.framework.running.state import InputQueue

_PRE_STREAM: Final = Timestamp.PRE_STREAM


class Stream:
    """The state of one stream: its bound, whether it had a packet, who reads it, who observes it.

    Its timestamps need not rise unless it is `timed`.
    """

    __slots__ = ("bound", "bound_observers", "consumers", "name", "number", "observers", "timed", "used")

    def __init__(self, name: str, number: int = 0) -> None:
        self.name = name
        self.number = number
        self.bound: int = _PRE_STREAM
        self.used = False
        self.timed = True
        self.consumers: list[InputQueue] = []
        self.observers: Sequence[Callable[[Packet], None]] = ()
        self.bound_observers: Sequence[Callable[[int], None]] = ()

    def check(self, timestamp: int) -> None:
        """Raise ValueError if the stream cannot take a packet at `timestamp` now."""
        if self.bound == Timestamp.DONE:
            reason = "is closed"
        elif not Timestamp.is_allowed_in_stream(timestamp):
            reason = "takes no such timestamp; in open and close one must be given"
        elif not self.timed:
            return
        elif timestamp == Timestamp.POST_STREAM and self.used:
            reason = "had others: a packet at POST_STREAM must be the only one"
        elif self.bound <= timestamp:
            return
        elif self.bound == Timestamp.ONE_OVER_POST_STREAM:
            reason = "takes nothing after the packet that it had"
        else:
            reason = f"takes {Timestamp.describe(self.bound)} or later now"
        found = Timestamp.describe(timestamp)
        raise ValueError(f'a packet at timestamp {found} was sent to stream "{self.name}", which {reason}')

    def show(self, packet: Packet) -> None:
        """Call the observers with a packet that it has taken; GraphError if one of them fails."""
        for observer in self.observers:
            try:
                observer(packet)
            except BaseException as cause:
                raise self._failure(f"timestamp {Timestamp.describe(packet.timestamp)}", cause) from cause

    def show_bound(self) -> None:
        """Call the observers of bounds with the present one; GraphError if one of them fails."""
        for observer in self.bound_observers:
            try:
                observer(self.bound)
            except BaseException as cause:
                raise self._failure(f"bound {Timestamp.describe(self.bound)}", cause) from cause

    def _failure(self, where: str, cause: BaseException) -> GraphError:
        message = f'an observer of stream "{self.name}" failed at {where}: {type(cause).__name__}: {cause}'
        return GraphError(message)
