"""The policies that join packets of the same timestamp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from graphframe.framework.input_policy.policy import CLOSE, READY, WAIT, InputPolicy, InputQueue, Readiness
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp

_DONE: Final = Timestamp.DONE


class Default(InputPolicy):
    """Input sets in the order of timestamps: all packets of one timestamp, once no stream can add another.

    ``a: 1 2 3``, ``b: 1 . 3`` gives ``(a1, b1) (a2, -) (a3, b3)``; ``(a2, -)`` only when the bound of ``b`` is
    above 2. The node closes when all inputs are done.
    """

    @override
    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
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

    @override
    def take(self, inputs: Sequence[InputQueue], timestamp: int) -> list[Packet | None]:
        packets: list[Packet | None] = []
        for item in inputs:
            queue = item.queue
            packets.append(queue.popleft() if queue and queue[0][1] == timestamp else None)
        return packets


class Batches(Default):
    """Like `Default`, but input sets wait until there are `size` of them, and are then processed one after the other.

    The rest is processed when all inputs are done.

    ``size`` 2, ``a: 1 2 3`` gives ``(a1) (a2)``, and ``(a3)`` only when ``a`` closes.
    """

    def __init__(self, size: int) -> None:
        self._size = size

    @override
    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        readiness, head = super().readiness(inputs)
        batch = inputs[0]  # its `processed` is the last timestamp of the current batch
        if readiness is READY and head > batch.processed:
            bound = min(item.stream.bound for item in inputs)
            waiting = sorted({packet[1] for item in inputs for packet in item.queue if packet[1] < bound})
            if len(waiting) < self._size and bound != _DONE:
                return WAIT, head
            batch.processed = waiting[: self._size][-1]
        return readiness, head


class EarlyClose(Default):
    """Like `Default`, but the node closes as soon as any input is done; packets that wait on others are dropped.

    ``a: 1 2 3``, ``b: 1`` and closed gives ``(a1, b1)``.
    """

    @override
    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        if any(not item.queue and item.stream.bound == _DONE for item in inputs):
            return CLOSE, _DONE
        return super().readiness(inputs)
