"""`InputPolicy`, the base class of input policies: when a node may process, and which packets."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum
from typing import ClassVar, Final, Protocol

from graphframe.framework.config.specs import parse_tag_index, tag_index
from graphframe.framework.node_info import NodeInfo
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp


class BoundedStream(Protocol):
    """A policy's view of the stream that feeds an input."""

    @property
    def bound(self) -> int:
        """The least timestamp that a packet may still have; `Timestamp.DONE` once the stream is closed."""


class InputQueue(Protocol):
    """A policy's view of one input of a node.

    Attributes
    ----------
    queue : deque of Packet
        The waiting packets.
    processed : int
        The last timestamp that was processed or dropped on this input; kept by policies that need it.
    shift : int or None
        An offset that is added to the timestamps of this input; kept by policies that align streams.
    """

    queue: deque[Packet]
    processed: int
    shift: int | None

    @property
    def stream(self) -> BoundedStream:
        """The stream that its packets come from."""


class Readiness(Enum):
    """Whether a node may process an input set, must wait for packets or bounds, or closes."""

    READY = "ready"
    WAIT = "wait"
    CLOSE = "close"


READY: Final = Readiness.READY
WAIT: Final = Readiness.WAIT
CLOSE: Final = Readiness.CLOSE


class InputPolicy:
    """Pure decisions over queues and bounds. One object serves all runs; state is kept in the queues."""

    ordered: ClassVar[bool] = True
    """Whether the timestamps of its input sets only rise, so that each input set settles earlier timestamps."""
    timed: ClassVar[bool] = True
    """Whether the timestamps of the packets of each of its inputs must rise."""

    def bind(self, node: NodeInfo) -> InputPolicy:
        """Return this policy for `node`.

        Raises
        ------
        ValueError
            If it does not fit the inputs of `node`.
        """
        return self

    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        """Return what the node may do, and a timestamp: the input set's, or if it waits, the least to come."""
        raise NotImplementedError

    def take(self, inputs: Sequence[InputQueue], timestamp: int) -> list[Packet | None]:
        """Remove the input set of `timestamp` from the queues; None for inputs without a packet in it."""
        raise NotImplementedError

    def drop(self, inputs: Sequence[InputQueue]) -> None:
        """Remove packets that the node will never process; most policies remove none."""


def position(node: NodeInfo, place: str) -> int:
    """Return the position of the input of `node` at ``TAG``, ``TAG:1`` or ``:1``.

    Raises
    ------
    ValueError
        If the node has no such input.
    """
    places = input_places(node)
    found = tag_index(*parse_tag_index(place))
    if found not in places:
        known = ", ".join(f'"{place}"' for place in places)
        raise ValueError(f'the node has no input stream at "{place}"; it has: {known}')
    return places.index(found)


def input_places(node: NodeInfo) -> list[str]:
    """Return the place of each input of `node`, as ``TAG``, ``TAG:1`` or ``:1``."""
    return [tag_index(spec.tag, spec.index) for spec in node.inputs]


def least(item: InputQueue) -> int:
    """Return the least timestamp that may still be processed on an input."""
    return item.queue[0][1] if item.queue else item.stream.bound


def settled_before(bound: int) -> int:
    """Return the last timestamp that is settled on a stream with this bound; `Timestamp.UNSTARTED` if none is."""
    return Timestamp.UNSTARTED if bound <= Timestamp.MIN else min(bound - 1, Timestamp.MAX)
