from __future__ import annotations

import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Callable
from statistics import mean

import pytest

from graphframe.fair_queue import FairQueue, Share

A: Share = ("a", 1.0)
B: Share = ("b", 1.0)


def test_least_key_first_and_equal_keys_in_order_of_arrival() -> None:
    queue: FairQueue[str] = FairQueue()
    for key, item in [(3.0, "c"), (1.0, "a1"), (2.0, "b"), (1.0, "a2")]:
        queue.push(A, key, item)
    assert queue.items("a") == ["a1", "a2", "b", "c"]
    assert [queue.pop() for _ in range(len(queue))] == ["a1", "a2", "b", "c"]
    assert not queue
    assert queue.items("nobody") == []


def test_items_leave_from_anywhere() -> None:
    queue: FairQueue[str] = FairQueue()
    for key, item in enumerate("abc"):
        queue.push(A, key, item)
    queue.remove(A, "b")
    assert [queue.pop(), queue.pop()] == ["a", "c"]


def test_items_need_not_be_comparable() -> None:
    queue: FairQueue[object] = FairQueue()
    items = [object(), object(), object()]
    for share, item in zip([A, A, B], items, strict=True):
        queue.push(share, 1.0, item)
    assert [queue.pop() for _ in items] == items


def test_what_is_not_there() -> None:
    queue: FairQueue[str] = FairQueue()
    with pytest.raises(IndexError):
        queue.pop()
    with pytest.raises(ValueError, match="not in list"):
        queue.remove(A, "a")


def test_what_is_put_back_has_not_gone() -> None:
    queue: FairQueue[str] = FairQueue()
    for key, item in [(3.0, "c"), (1.0, "a"), (2.0, "b")]:
        queue.push(A, key, item)
    for _ in range(5):
        queue.put_back(A, 1.0, queue.pop())
    assert [queue.pop() for _ in range(3)] == ["a", "b", "c"]


def test_the_turn_of_what_may_not_go_passes_to_another_party() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.push(A, 1.0, "a")
    queue.push(B, 2.0, "b")
    assert queue.pop(lambda item: item != "a") == "b"
    with pytest.raises(IndexError):
        queue.pop(lambda item: item != "a")
    assert queue.pop() == "a"


def test_nothing_is_lost_and_nothing_waits_without_limit() -> None:
    chance = random.Random(1)
    queue: FairQueue[int] = FairQueue()
    overtaken: dict[int, tuple[str, int]] = {}
    for item in range(4000):
        match chance.choice(["push", "push", "pop", "remove"]):
            case "push" if len(queue) < 10:
                share = (chance.choice("abc"), 1.0)
                queue.push(share, chance.random(), item)
                overtaken[item] = (share[0], 0)
            case "pop" if overtaken:
                found = queue.pop()
                share = (overtaken.pop(found)[0], 1.0)
                queue.charge(share, chance.random())
                for other, (name, times) in overtaken.items():
                    if name == share[0] and other < found:
                        overtaken[other] = (name, times + 1)
                        assert times <= 10
            case "remove" if overtaken:
                gone = chance.choice([*overtaken])
                queue.remove((overtaken.pop(gone)[0], 1.0), gone)
        assert len(queue) == len(overtaken)
        assert sorted(item for name in "abc" for item in queue.items(name)) == sorted(overtaken)


def test_who_was_away_gets_no_more_for_that() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(10):
        queue.push(A, 1.0, f"a{number}")
        assert queue.pop() == f"a{number}"
        queue.charge(A, 1.0)
    for _ in range(3):
        queue.push(A, 1.0, "a")
        queue.push(B, 1.0, "b")
    order = []
    for _ in range(6):
        order.append(queue.pop())
        queue.charge((order[-1], 1.0), 1.0)
    assert order == ["b", "a", "b", "a", "b", "a"]
    queue.forget()
    queue.push(A, 1.0, "a")
    queue.push(B, 1.0, "b")
    assert queue.pop() == "a"


def test_work_by_weight() -> None:
    queue: FairQueue[str] = FairQueue()
    shares = {"high": ("high", 4.0), "low": ("low", 1.0)}
    done = dict.fromkeys(shares, 0)
    for name in [*shares] * 100:
        queue.push(shares[name], 1.0, name)
    for _ in range(100):
        name = queue.pop()
        done[name] += 1
        queue.charge(shares[name], 0.5)
    assert done == {"high": 80, "low": 20}


class Machine:
    """A device with one slot, on a simulated clock; each client asks again as soon as it has its answer.

    Parameters
    ----------
    clients : list of (str, int)
        The key and the steps of each client. A step takes a second, and a run 0.02 seconds more between steps.
    seconds : dict of str to float, optional
        The seconds of a step, by key.
    """

    def __init__(self, clients: list[tuple[str, int]], seconds: dict[str, float] | None = None) -> None:
        self.clients = clients
        self.seconds = seconds or {}
        self.longest_wait = dict.fromkeys([name for name, _ in clients], 0.0)

    def slowdowns(self, until: float = 5000.0) -> dict[tuple[str, int], list[float]]:
        """Return the durations of the runs of each kind of client, over those of the runs alone."""
        queue: FairQueue[tuple[int, int, float, float]] = FairQueue()
        numbers, free, now = itertools.count(), True, 0.0
        events: list[tuple[float, int, Callable[[], None]]] = []
        found = defaultdict(list)

        def at(when: float, call: Callable[[], None]) -> None:
            heapq.heappush(events, (when, next(numbers), call))

        def wait(client: int, left: int, began: float) -> None:
            name, _ = self.clients[client]
            queue.push((name, 1.0), left * self.seconds.get(name, 1.0), (client, left, began, now))
            hand_out()

        def hand_out() -> None:
            nonlocal free
            if free and queue:
                free = False
                client, left, began, waited_from = queue.pop()
                name = self.clients[client][0]
                seconds = self.seconds.get(name, 1.0)
                self.longest_wait[name] = max(self.longest_wait[name], now - waited_from)
                queue.charge((name, 1.0), seconds)
                at(now + seconds, lambda: end_step(client, left - 1, began))

        def end_step(client: int, left: int, began: float) -> None:
            nonlocal free
            free = True
            hand_out()
            name, steps = self.clients[client]
            if not left:
                found[name, steps].append((now - began) / (steps * (self.seconds.get(name, 1.0) + 0.02)))
            more, start = left or steps, began if left else now + 0.02
            at(now + 0.02, lambda: wait(client, more, start))

        for client, (_, steps) in enumerate(self.clients):
            at(0.0, lambda client=client, steps=steps: wait(client, steps, 0.0))  # type: ignore[misc]
        while events[0][0] < until:
            now, _, call = heapq.heappop(events)
            call()
        return found


@pytest.mark.parametrize("keys", ["aa", "ab"])
def test_two_clients_of_4_and_50_steps(keys: str) -> None:
    found = Machine([(keys[0], 4), (keys[1], 50)]).slowdowns()
    means = [mean(each) for each in found.values()]
    assert max(max(each) for each in found.values()) < 2.1
    in_order_of_arrival = [(50 + 4) / 4, (50 + 4) / 50]  # each waits for a whole run of the other
    assert mean(means) < 0.3 * mean(in_order_of_arrival)


@pytest.mark.parametrize("short", [1, 4, 7])
def test_eight_clients_of_one_key(short: int) -> None:
    found = Machine([("a", 4)] * short + [("a", 50)] * (8 - short)).slowdowns()
    assert {steps for _, steps in found} == {4, 50}, "a client starved"
    assert all(max(each) < 10 for each in found.values())
    assert mean(found["a", 4]) <= mean(found["a", 50])


@pytest.mark.parametrize("steps", [1, 4, 50])
def test_a_flood_of_another_key_costs_one_step_a_step(steps: int) -> None:
    machine = Machine([("a", 50)] * 30 + [("b", steps)])
    assert max(machine.slowdowns()["b", steps]) < 2.1
    assert machine.longest_wait["b"] <= 1.0


def test_a_key_of_long_steps_waits_for_as_long_as_it_works() -> None:
    machine = Machine([("a", 50)] * 30 + [("b", 5)], {"a": 0.1})
    assert max(machine.slowdowns()["b", 5]) < 2.1
    machine = Machine([("a", 50)] * 30 + [("b", 5)], {"b": 0.1})
    machine.slowdowns()
    assert machine.longest_wait["b"] <= 1.0
