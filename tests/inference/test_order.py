from __future__ import annotations

import random

import pytest

from graphframe.inference.order import OrderQueue


def test_least_key_first_and_equal_keys_in_order_of_arrival() -> None:
    queue: OrderQueue[str] = OrderQueue()
    for key, item in [(3.0, "c"), (1.0, "a1"), (2.0, "b"), (1.0, "a2")]:
        queue.push(key, item)
    assert [queue.pop() for _ in range(len(queue))] == ["a1", "a2", "b", "c"]
    assert not queue


def test_items_leave_from_anywhere() -> None:
    queue: OrderQueue[str] = OrderQueue()
    for key, item in enumerate("abc"):
        queue.push(key, item)
    queue.remove("b")
    assert [queue.pop(), queue.pop()] == ["a", "c"]


def test_items_need_not_be_comparable() -> None:
    queue: OrderQueue[object] = OrderQueue()
    items = [object(), object()]
    for item in items:
        queue.push(1.0, item)
    assert [queue.pop(), queue.pop()] == items


def test_what_is_not_there() -> None:
    queue: OrderQueue[str] = OrderQueue()
    with pytest.raises(IndexError):
        queue.pop()
    with pytest.raises(ValueError, match="not in list"):
        queue.remove("a")


def test_agrees_with_sorting_whatever_happens() -> None:
    chance = random.Random(1)
    queue: OrderQueue[int] = OrderQueue()
    model: list[tuple[int, int]] = []
    for item in range(2000):
        match chance.choice(["push", "push", "pop", "remove"]):
            case "push":
                key = chance.randrange(10)
                queue.push(key, item)
                model.append((key, item))
            case "pop" if model:
                assert queue.pop() == min(model)[1]
                model.remove(min(model))
            case "remove" if model:
                gone = chance.choice(model)
                queue.remove(gone[1])
                model.remove(gone)
        assert len(queue) == len(model)


def test_a_long_job_is_not_starved_by_newcomers() -> None:
    """Keys are start plus remaining work: here a job of 20 s against a new one of 1 s each second."""
    queue: OrderQueue[str] = OrderQueue()
    queue.push(0.0 + 20.0, "long")
    served = []
    for now in range(30):
        queue.push(now + 1.0, "short")
        served.append(queue.pop())
    assert served.index("long") == 19
