"""The policies that keep groups of inputs in step, each at its own pace."""

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
    input_places,
    least,
    position,
    settled_before,
)
from graphframe.framework.node_info import NodeInfo
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp


class SyncSet(InputPolicy):
    """Groups of inputs, each joined as by `Default`, independent of the others. Timestamps may go back.

    ``a: 1 3``, ``b: 1 3``, ``c: 2`` that arrives last, with the sets ``a, b`` and ``c``, gives
    ``(a1, b1, -) (a3, b3, -) (-, -, c2)``.

    Parameters
    ----------
    *sets : sequence of str
        Inputs as ``TAG``, ``TAG:1`` or ``:1``. The inputs that no set names are one more set.
    """

    ordered = False
    _merges = False

    def __init__(self, *sets: Sequence[str]) -> None:
        self._names = sets
        self._sets: list[list[int]] = []
        self._bounds = False

    @override
    def bind(self, node: NodeInfo) -> SyncSet:
        bound = type(self)(*self._names)
        bound._bounds = node.process_timestamp_bounds
        bound._sets = self._positions(node)
        return bound

    def _positions(self, node: NodeInfo) -> list[list[int]]:
        sets = [[position(node, name) for name in names] for names in self._names]
        named = [index for positions in sets for index in positions]
        if twice := {index for index in named if named.count(index) > 1}:
            raise ValueError(f'the input stream "{input_places(node)[min(twice)]}" is in two sync sets')
        rest = [index for index in range(len(node.inputs)) if index not in named]
        return [positions for positions in (*sets, rest) if positions]

    @override
    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        ready = wait = Timestamp.DONE
        for positions in self._sets:
            readiness, timestamp = self._of(inputs, positions)
            if readiness is READY:
                ready = min(ready, timestamp)
            else:
                wait = min(wait, timestamp)
        if ready != Timestamp.DONE:
            return READY, ready
        return (CLOSE if wait == Timestamp.DONE else WAIT), wait

    @override
    def take(self, inputs: Sequence[InputQueue], timestamp: int) -> list[Packet | None]:
        packets: list[Packet | None] = [None] * len(inputs)
        for positions in self._sets:
            if self._of(inputs, positions) != (READY, timestamp):
                continue
            for index in positions:
                item = inputs[index]
                item.processed = self._settled(item, timestamp)
                if item.queue and item.queue[0][1] == timestamp:
                    packets[index] = item.queue.popleft()
            if not self._merges:
                break
        return packets

    @staticmethod
    def _settled(item: InputQueue, timestamp: int) -> int:
        return Timestamp.DONE if least(item) == Timestamp.DONE else timestamp

    def _of(self, inputs: Sequence[InputQueue], positions: Sequence[int]) -> tuple[Readiness, int]:
        """Return the readiness of one set."""
        head = bound = Timestamp.DONE
        processed = Timestamp.UNSTARTED
        for index in positions:
            item = inputs[index]
            processed = max(processed, item.processed)
            if item.queue:
                head = min(head, item.queue[0][1])
            else:
                bound = min(bound, item.stream.bound)
        if head < bound:
            return READY, head
        if self._bounds:
            settled = settled_before(bound)
            if bound == Timestamp.DONE and processed != Timestamp.DONE:
                return READY, max(Timestamp.next_allowed_in_stream(processed), Timestamp.MIN)
            if settled > processed and bound != Timestamp.DONE:
                return READY, settled
        return WAIT, bound


class Immediate(SyncSet):
    """Each packet as soon as it arrives, independent of other streams; timestamps may go back.

    ``a: 1 3``, ``b: 2`` that arrives last gives ``(a1, -) (a3, -) (-, b2)``. Waiting packets of one timestamp are
    one input set. A calculator that processes timestamp bounds is also called once for each input that is done.
    """

    _merges = True

    def _positions(self, node: NodeInfo) -> list[list[int]]:
        return [[index] for index in range(len(node.inputs))]
