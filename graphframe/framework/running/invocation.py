"""One call of a calculator: its input set, and its results."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

from graphframe.framework.errors import CalculatorError
from graphframe.framework.node_info import NodeInfo
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp


class Phase(Enum):
    """The method of a calculator that is called."""

    OPEN = "open"
    PROCESS = "process"
    CLOSE = "close"


OPEN: Final = Phase.OPEN
PROCESS: Final = Phase.PROCESS
CLOSE: Final = Phase.CLOSE

ABSENT: Final = object()
"""Replaces the value of an optional side packet that the run was not given."""

_UNSTARTED: Final = Timestamp.UNSTARTED


class Effects:
    """The results of one call other than packets.

    Attributes
    ----------
    side_packets : list of (int, object)
        By position of the node's output side packets.
    bounds : list of (int, int)
        New bounds, by position of the node's outputs.
    offset : int or None
        The node's new timestamp offset, if `sets_offset`.
    sets_offset : bool
    stopped : bool
        Whether the calculator called `Context.stop`.
    """

    __slots__ = ("bounds", "offset", "sets_offset", "side_packets", "stopped")

    def __init__(self) -> None:
        self.side_packets: list[tuple[int, Any]] = []
        self.bounds: list[tuple[int, int]] = []
        self.offset: int | None = None
        self.sets_offset = self.stopped = False


class Invocation:
    """One call of a node's calculator. `Context` is its view for calculators; tracers receive it as it is.

    Attributes
    ----------
    node : NodeInfo
    phase : Phase
    timestamp : int
        The timestamp of the input set.
    packets : sequence of Packet or None
        The input set, by position of the node's inputs.
    bounds : sequence of int
        The least timestamp still to come on each input; only for calculators that process timestamp bounds.
    side_packets : sequence of object
        By position of the node's input side packets.
    sent : list of (int, Packet)
        By position of the node's outputs.
    effects : Effects or None
        Other results, if any.
    working : bool
        Whether the method is not called yet, or has not returned.
    """

    __slots__ = ("bounds", "effects", "node", "packets", "phase", "sent", "side_packets", "timestamp", "working")

    def __init__(self, node: NodeInfo) -> None:
        self.node = node
        self.phase = OPEN
        self.timestamp: int = _UNSTARTED
        self.packets: Sequence[Packet | None] = ()
        self.bounds: Sequence[int] = ()
        self.side_packets: Sequence[Any] = ()
        self.sent: list[tuple[int, Packet]] = []
        self.effects: Effects | None = None
        self.working = True

    def current_bounds(self) -> Sequence[int]:
        """Return the least timestamp still to come on each input, as it is now."""
        return self.bounds

    def output_bound(self, position: int) -> int:
        """Return the least timestamp that an output may still have, before this call."""
        return Timestamp.PRE_STREAM

    def affect(self) -> Effects:
        """Return `effects`, which is created on first use."""
        if self.effects is None:
            self.effects = Effects()
        return self.effects

    def failure(self, cause: BaseException) -> CalculatorError:
        """Return the error of a run in which this call raised `cause`."""
        return CalculatorError(self.node.name, self.node.calculator, self.phase.value, self.timestamp, cause)
