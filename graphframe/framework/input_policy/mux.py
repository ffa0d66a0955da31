"""The policy of a switch: one input selects one of the others."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from graphframe.framework.input_policy.policy import CLOSE, READY, WAIT, InputPolicy, InputQueue, Readiness, least
from graphframe.framework.node_info import NodeInfo
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp


class Mux(InputPolicy):
    """The last input holds the position of another: the input set is their two packets of one timestamp.

    ``i0: 1 2 3``, ``i1: 1 2 3``, ``select: 1(=0) 2(=1)`` gives ``(i0 1, -, select 1) (-, i1 2, select 2)``. Packets
    of other inputs up to that timestamp are dropped. The node closes when the last input is done.
    """

    @override
    def bind(self, node: NodeInfo) -> InputPolicy:
        if len(node.inputs) < 2:
            raise ValueError("a mux needs an input stream that selects, and at least one other")
        return self

    @override
    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        self.drop(inputs)
        *data, control = inputs
        if not control.queue:
            bound = control.stream.bound
            return (CLOSE if bound == Timestamp.DONE else WAIT), bound
        chosen, timestamp = control.queue[0]
        if not isinstance(chosen, int) or not 0 <= chosen < len(data):
            return READY, timestamp  # which the calculator reports
        if data[chosen].queue or data[chosen].stream.bound > timestamp:
            return READY, timestamp
        return WAIT, timestamp

    @override
    def take(self, inputs: Sequence[InputQueue], timestamp: int) -> list[Packet | None]:
        *data, control = inputs
        packets: list[Packet | None] = [None] * len(data)
        packet = control.queue.popleft()
        chosen = packet[0]
        if isinstance(chosen, int) and 0 <= chosen < len(data):
            queue = data[chosen].queue
            if queue and queue[0][1] == timestamp:
                packets[chosen] = queue.popleft()
        return [*packets, packet]

    @override
    def drop(self, inputs: Sequence[InputQueue]) -> None:
        *data, control = inputs
        timestamp = least(control)
        for item in data:
            while item.queue and item.queue[0][1] < timestamp:
                item.queue.popleft()
