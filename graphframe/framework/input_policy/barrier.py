"""The policy that joins packets by their order of arrival."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from graphframe.framework.input_policy.policy import CLOSE, READY, WAIT, InputPolicy, InputQueue, Readiness, least
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp


class Barrier(InputPolicy):
    """One packet of each input, regardless of timestamps; the input set has the least of them.

    ``a: 1 2 3``, ``b: 10 20`` gives ``(a1, b10) (a2, b20)``. The node closes as soon as any input is done. The
    timestamps of a stream that only such nodes read may have any order.
    """

    ordered = False
    timed = False

    @override
    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        if any(least(item) == Timestamp.DONE for item in inputs):
            return CLOSE, Timestamp.DONE
        ready = all(item.queue for item in inputs)
        return (READY if ready else WAIT), min(map(least, inputs), default=Timestamp.DONE)

    @override
    def take(self, inputs: Sequence[InputQueue], timestamp: int) -> list[Packet | None]:
        return [item.queue.popleft() for item in inputs]
