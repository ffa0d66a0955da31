"""Back-pressure: which queues of a run are full, and which graph inputs and sources are throttled because of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from graphframe.framework.planning.plan import Plan
from graphframe.framework.running.state import InputQueue


class Throttle:
    """An origin, which is a graph input or a source as in `Plan.origins`, is throttled while anything holds it.

    Parameters
    ----------
    plan : Plan

    Attributes
    ----------
    held : dict
        How many queues and pollers hold each origin.
    full : set of InputQueue
    waiting : list of (int, callable)
        Who waits to add a packet: to which stream, and what wakes it.
    """

    def __init__(self, plan: Plan) -> None:
        self.held: dict[int, int] = defaultdict(int)
        self.full: set[InputQueue] = set()
        self.waiting: list[tuple[int, Callable[[], None]]] = []
        self._plan = plan

    def hold(self, stream: int) -> None:
        """Throttle all that `stream` comes from; once more each time."""
        for origin in self._plan.origins[stream]:
            self.held[origin] += 1

    def let_go(self, stream: int) -> list[int]:
        """Take back one `hold`; returns the origins that are free now."""
        origins = self._plan.origins[stream]
        for origin in origins:
            self.held[origin] -= 1
        return [origin for origin in origins if not self.held[origin]]

    def fill(self, item: InputQueue) -> None:
        """Note that a queue has come to its limit, unless the policy of its node drops packets then."""
        item.node.policy.drop(item.node.inputs)
        if len(item.queue) >= item.limit:
            item.full = True
            self.full.add(item)
            self.hold(item.stream.number)

    def drain(self, items: Iterable[InputQueue]) -> list[int]:
        """Note which queues are not full any more; returns the origins that are free now."""
        freed = []
        for item in items:
            if item.full and len(item.queue) < item.limit:
                item.full = False
                self.full.remove(item)
                freed += self.let_go(item.stream.number)
        return freed

    def relieve(self) -> list[int]:
        """Make room for one packet more in each full queue; returns the origins that are free now."""
        for item in self.full:
            item.limit = len(item.queue) + 1
        return self.drain(tuple(self.full))

    def blocks(self, sources: Iterable[int]) -> bool:
        """Whether a full queue holds up one of these sources, or somebody who waits to add a packet."""
        held_up = {*sources, *(stream for stream, _ in self.waiting)}
        return any(not held_up.isdisjoint(self._plan.origins[item.stream.number]) for item in self.full)
