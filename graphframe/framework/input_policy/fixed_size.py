"""The policy that keeps only the newest packets when a node cannot keep up."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from graphframe.framework.input_policy.default import Default
from graphframe.framework.input_policy.policy import InputQueue, Readiness


class FixedSize(Default):
    """Like `Default`, but a queue of `trigger` packets is cut to the newest `target`; older ones go from all inputs.

    ``a: 1 2 3 4`` while the node works on 1 gives ``(a1) (a4)``.

    Parameters
    ----------
    trigger : int
        The number of queued packets from which older ones are dropped.
    target : int
        How many of the newest packets stay.
    fixed_min_size : bool
        Drop only when every queue has `trigger` packets, and keep `target` of the shortest.
    """

    def __init__(self, trigger: int = 2, target: int = 1, fixed_min_size: bool = False) -> None:
        if not 0 < target <= trigger:
            raise ValueError(f"target_queue_size {target} must be at least 1, and at most trigger_queue_size {trigger}")
        self._trigger = trigger
        self._target = target
        self._fixed_min_size = fixed_min_size

    @override
    def readiness(self, inputs: Sequence[InputQueue]) -> tuple[Readiness, int]:
        self.drop(inputs)
        return super().readiness(inputs)

    @override
    def drop(self, inputs: Sequence[InputQueue]) -> None:
        surplus = [item.queue for item in inputs if len(item.queue) >= self._trigger]
        if not self._fixed_min_size:
            cut = [queue[-self._target - 1][1] + 1 for queue in surplus if len(queue) > self._target]
            kept = max([*cut, *(item.processed for item in inputs)])
            for item in inputs:  # so that late packets are dropped, too
                item.processed = kept
        elif len(surplus) == len(inputs):
            kept = min(queue[-self._target][1] for queue in surplus)
        else:
            return
        for item in inputs:
            while item.queue and item.queue[0][1] < kept:
                item.queue.popleft()
