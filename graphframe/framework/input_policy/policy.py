"""What an input policy is: it decides when a node may work, and on which packets."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from graphframe.framework.config.names import parse_tag_index, tag_index
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp

if TYPE_CHECKING:
    from graphframe.framework.planning.plan import NodePlan


class Stream(Protocol):
    """What a policy sees of a stream."""

    @property
    def bound(self) -> int:
        """The least timestamp that a packet may still have; `Timestamp.DONE` once the stream is closed."""


class InputQueue(Protocol):
    """What a policy sees of one input of a node.

    Attributes
    ----------
    queue : deque of Packet
        The packets that wait.
    processed : int
        The last timestamp for which the node worked on this input, or that was dropped; kept by policies that need it.
    shift : int or None
        What is added to the timestamps of this input; kept by policies that align streams.
    """

    queue: deque[Packet]
    processed: int
    shift: int | None

    @property
    def stream(self) -> Stream:
        """Where its packets come from."""


class Readiness(Enum):
    """What a node may do."""

    READY = "ready"
    WAIT = "wait"
    CLOSE = "close"


READY: Final = Readiness.READY
WAIT: Final = Readiness.WAIT
CLOSE: Final = Readiness.CLOSE


class InputPolicy:
    """Pure decisions over queues and bounds. One object serves all runs: what changes is kept in the queues."""

    ordered: ClassVar[bool] = True
    """Whether the timestamps of its input sets only rise, so that each one settles all before it."""
    timed: ClassVar[bool] = True
    """Whether the timestamps of the packets of each of its inputs must rise."""

    def bind(self, node: NodePlan) -> InputPolicy:
        """This policy for `node`.

        Raises
        ------
        ValueError
            If it does not fit the inputs of `node`.
        """
        return self

    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        """What the node may do, and the timestamp: of the input set; or, if it waits, before which none will come."""
        raise NotImplementedError

    def take(self, inputs: Sequence[InputQueue], timestamp: int) -> list[Packet | None]:
        """Remove the input set of `timestamp` from the queues; None for inputs without a packet in it."""
        raise NotImplementedError

    def drop(self, inputs: Sequence[InputQueue]) -> None:
        """Remove the packets that the node will never work on; most policies have none."""


def position(node: NodePlan, place: str) -> int:
    """The position of the input of `node` at ``TAG``, ``TAG:1`` or ``:1``.

    Raises
    ------
    ValueError
        If there is none.
    """
    places = [slot.place for slot in node.inputs]
    found = tag_index(*parse_tag_index(place))
    if found not in places:
        known = ", ".join(f'"{place}"' for place in places)
        raise ValueError(f'there is no input stream at "{place}"; there are: {known}')
    return places.index(found)


def least(item: InputQueue) -> int:
    """The least timestamp that may still be processed on an input."""
    return item.queue[0][1] if item.queue else item.stream.bound


def settled_before(bound: int) -> int:
    """The last timestamp that is settled on a stream with this bound; `Timestamp.UNSTARTED` if none is."""
    return Timestamp.UNSTARTED if bound <= Timestamp.MIN else min(bound - 1, Timestamp.MAX)
