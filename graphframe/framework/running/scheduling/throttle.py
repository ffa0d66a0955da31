"""Back-pressure: the full queues of a run, and the graph inputs and sources that are throttled because of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from graphframe.framework.planning.plan import Plan
from graphframe.framework.running.scheduling.state import InputState


class Throttle:
    """Counts what holds each origin, as in `Plan.origins`: a graph input or source is throttled while any queue does.

    Parameters
    ----------
    plan : Plan

    Attributes
    ----------
    held : dict
        The number of queues and pollers that hold each origin.
    full : set of InputState
    waiting : list of (int, callable)
        For each thread that waits to add a packet, the stream, and a function that wakes it.
    """

    def __init__(self, plan: Plan) -> None:
        self.held: dict[int, int] = defaultdict(int)
        self.full: set[InputState] = set()
        self.waiting: list[tuple[int, Callable[[], None]]] = []
        self._plan = plan

    def hold(self, stream: int) -> None:
        """Throttle the origins of `stream`; each call counts."""
        for origin in self._plan.origins[stream]:
            self.held[origin] += 1

    def release(self, stream: int) -> list[int]:
        """Take back one `hold`; return the origins that are free now."""
        origins = self._plan.origins[stream]
        for origin in origins:
            self.held[origin] -= 1
        return [origin for origin in origins if not self.held[origin]]

    def fill(self, item: InputState) -> None:
        """Note that a queue has reached its limit, unless the policy of its node then drops packets."""
        item.node.policy.drop(item.node.inputs)
        if len(item.queue) >= item.limit:
            item.full = True
            self.full.add(item)
            self.hold(item.stream.number)

    def drain(self, items: Iterable[InputState]) -> list[int]:
        """Note which queues are not full any more; return the origins that are free now."""
        freed = []
        for item in items:
            if item.full and len(item.queue) < item.limit:
                item.full = False
                self.full.remove(item)
                freed += self.release(item.stream.number)
        return freed

    def relieve(self) -> list[int]:
        """Raise the limit of each full queue by one packet; return the origins that are free now."""
        for item in self.full:
            item.limit = len(item.queue) + 1
        return self.drain(tuple(self.full))

    def blocks(self, sources: Iterable[int]) -> bool:
        """Return whether a full queue delays one of these sources, or a thread that waits to add a packet."""
        delayed = {*sources, *(stream for stream, _ in self.waiting)}
        return any(not delayed.isdisjoint(self._plan.origins[item.stream.number]) for item in self.full)
