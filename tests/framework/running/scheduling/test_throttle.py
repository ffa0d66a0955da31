"""Back-pressure: full queues and pollers throttle origins, and room releases them."""

from __future__ import annotations

from graphframe import Packet
from graphframe.framework.running.scheduling.state import InputState
from graphframe.framework.running.scheduling.throttle import Throttle
from tests.framework.steps import Steps, graph_inputs, node

A, B = 0, 1
"""Two inputs of the graph."""


def queue(limit: int) -> tuple[Throttle, InputState]:
    """A queue of packets of a stream that comes from both inputs."""
    text = node("join", "Add", "A:a B:b", "SUM:sum") + node("last", "Double", "sum", "out")
    steps = Steps(graph_inputs("a b") + text)
    (item,) = steps.run.nodes[1].inputs
    item.limit = limit
    return Throttle(steps.plan), item


def put(throttle: Throttle, item: InputState, *timestamps: int) -> None:
    item.queue.extend(Packet("value", timestamp) for timestamp in timestamps)
    if len(item.queue) >= item.limit:
        throttle.fill(item)


def test_full_queue_holds_all_that_it_comes_from() -> None:
    throttle, item = queue(limit=2)
    put(throttle, item, 1)
    assert not throttle.full
    put(throttle, item, 2)
    assert throttle.full == {item}
    assert throttle.held == {A: 1, B: 1}
    assert throttle.drain([item]) == []
    item.queue.popleft()
    assert throttle.drain([item]) == [A, B]
    assert not throttle.full


def test_what_is_held_twice_is_not_free_at_once() -> None:
    throttle, item = queue(limit=1)
    put(throttle, item, 1)
    throttle.hold(item.stream.number)
    item.queue.clear()
    assert throttle.drain([item]) == []
    assert throttle.release(item.stream.number) == [A, B]


def test_relief_makes_room_for_one_more() -> None:
    throttle, item = queue(limit=1)
    put(throttle, item, 1)
    assert throttle.relieve() == [A, B]
    put(throttle, item, 2)
    assert throttle.full == {item}
    assert item.limit == 2


def test_only_who_waits_for_a_full_queue_is_blocked() -> None:
    throttle, item = queue(limit=1)
    put(throttle, item, 1)
    assert not throttle.blocks([])
    assert not throttle.blocks([~0])
    assert throttle.blocks([A])
    throttle.waiting.append((B, lambda: None))
    assert throttle.blocks([])
    item.queue.clear()
    throttle.drain([item])
    assert not throttle.blocks([A])
