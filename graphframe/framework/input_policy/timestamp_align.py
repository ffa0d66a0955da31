"""The policy for streams whose clocks started at different times."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from graphframe.framework.input_policy.policy import (
    CLOSE,
    READY,
    WAIT,
    InputPolicy,
    InputQueue,
    Readiness,
    least,
    position,
)
from graphframe.framework.node_info import NodeInfo
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp


class TimestampAlign(InputPolicy):
    """Like `Default`, after all streams are shifted so that their first packets meet the base stream's timestamp then.

    ``base: 1 2 3``, ``b: 101 102`` whose 101 arrives while base is at 2 gives ``(base1, -) (base2, b101)
    (base3, b102)``. Until every stream has had a packet, only the base stream is processed.

    Parameters
    ----------
    base : str
        The input whose timestamps stay, as ``TAG``, ``TAG:1`` or ``:1``.
    """

    def __init__(self, base: str = "") -> None:
        self._base = base
        self._position = 0

    @override
    def bind(self, node: NodeInfo) -> TimestampAlign:
        bound = TimestampAlign(self._base)
        bound._position = position(node, self._base)
        return bound

    @override
    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        self._align(inputs)
        aligned = [item for item in inputs if item.shift is not None]
        head = min((_shifted(item.queue[0][1], item) for item in aligned if item.queue), default=Timestamp.DONE)
        bound = min((_shifted(item.stream.bound, item) for item in aligned if not item.queue), default=Timestamp.DONE)
        if head < bound:
            return READY, head
        if bound < Timestamp.DONE:
            return WAIT, bound
        if all(least(item) == Timestamp.DONE for item in inputs):
            return CLOSE, bound
        return WAIT, Timestamp.UNSTARTED

    @override
    def take(self, inputs: Sequence[InputQueue], timestamp: int) -> list[Packet | None]:
        packets: list[Packet | None] = []
        for item in inputs:
            meets = item.shift is not None and item.queue and _shifted(item.queue[0][1], item) == timestamp
            packets.append(item.queue.popleft().at(timestamp) if meets else None)
        return packets

    def _align(self, inputs: Sequence[InputQueue]) -> None:
        base = inputs[self._position]
        base.shift = 0
        others = [item for item in inputs if item.shift is None]
        now = least(base)
        if now < Timestamp.MIN or not all(item.queue or item.stream.bound == Timestamp.DONE for item in others):
            return
        for item in others:
            item.shift = now - item.queue[0][1] if item.queue and now <= Timestamp.MAX else 0


def _shifted(timestamp: int, item: InputQueue) -> int:
    if not Timestamp.MIN <= timestamp <= Timestamp.MAX:
        return timestamp
    return min(max(timestamp + (item.shift or 0), Timestamp.MIN), Timestamp.MAX)
