"""Input policies: when a node may work, and on which packets. Pure decisions over queues and bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum
from typing import Final, Protocol

from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp


class Stream(Protocol):
    """What a policy sees of a stream."""

    @property
    def bound(self) -> int:
        """The least timestamp that a packet may still have; `Timestamp.DONE` once the stream is closed."""


class InputQueue(Protocol):
    """What a policy sees of one input of a node."""

    @property
    def stream(self) -> Stream:
        """Where its packets come from."""

    @property
    def queue(self) -> deque[Packet]:
        """The packets that wait."""


class Readiness(Enum):
    """What a node may do."""

    READY = "ready"
    WAIT = "wait"
    CLOSE = "close"


READY: Final = Readiness.READY
WAIT: Final = Readiness.WAIT
CLOSE: Final = Readiness.CLOSE
_DONE: Final = Timestamp.DONE


class InputPolicy(Protocol):
    """Decides when an input set is there. One for all runs, so it holds no state."""

    ordered: bool
    """Whether the timestamps of its input sets only rise, so that each one settles all before it."""

    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        """What the node may do, and the timestamp: of the input set; or, if it waits, before which none will come."""

    def take(self, inputs: Sequence[InputQueue], timestamp: int) -> list[Packet | None]:
        """Remove the input set of `timestamp` from the queues."""


class DefaultInputPolicy:
    """Input sets in the order of timestamps: all packets of one timestamp, once no stream can bring another one to it.

    ``a: 1 2 3``, ``b: 1 . 3`` gives ``(a1, b1) (a2, -) (a3, b3)``; ``(a2, -)`` only when ``b`` is known to skip 2.
    """

    ordered = True

    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        """Ready at the least timestamp that waits, if the bounds of all empty streams are beyond it."""
        head = bound = _DONE
        for item in inputs:
            queue = item.queue
            if queue:
                if queue[0][1] < head:
                    head = queue[0][1]
            elif item.stream.bound < bound:
                bound = item.stream.bound
        if head < bound:
            return READY, head
        if bound == _DONE:
            return CLOSE, bound
        return WAIT, bound

    def take(self, inputs: Sequence[InputQueue], timestamp: int) -> list[Packet | None]:
        """All packets at `timestamp`."""
        packets: list[Packet | None] = []
        for item in inputs:
            queue = item.queue
            packets.append(queue.popleft() if queue and queue[0][1] == timestamp else None)
        return packets


class ImmediateInputPolicy(DefaultInputPolicy):
    """Each packet as soon as it is there, whatever the other streams may bring; timestamps may go back.

    ``a: 1 3``, ``b: 2`` that comes last gives ``(a1, -) (a3, -) (-, b2)``.
    """

    ordered = False

    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        """Ready as soon as any stream has a packet."""
        heads = [item.queue[0][1] for item in inputs if item.queue]
        if heads:
            return READY, min(heads)
        bound = min((item.stream.bound for item in inputs), default=_DONE)
        if bound == _DONE:
            return CLOSE, bound
        return WAIT, bound


INPUT_POLICIES: Final[dict[str, InputPolicy]] = {
    "DefaultInputStreamHandler": DefaultInputPolicy(),
    "ImmediateInputStreamHandler": ImmediateInputPolicy(),
}
"""By MediaPipe's names, as a graph's `input_stream_handler` gives them."""
