from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from graphframe.framework.errors import Cancelled
from graphframe.framework.running.cancellation import Cancellation
from graphframe.inference import Lane, lane_for
from graphframe.inference.activity import LaneWait, activity
from graphframe.inference.lane import PATIENCE, PAUSES, LaneCounts, lanes

SECONDS = 60.0
"""A limit for waits, which only a failing test reaches."""


class Waiting(Cancellation):
    """A cancellation that sets an event when its caller waits."""

    __slots__ = ("queued",)

    def __init__(self, share: tuple[str, float] = ("", 1.0)) -> None:
        super().__init__(share)
        self.queued = threading.Event()

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        unsubscribe = super().subscribe(callback)
        self.queued.set()
        return unsubscribe


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Make Python switch threads as often as it can, so that more orders of events occur."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def lane_of(slots: int) -> Lane:
    lane = Lane("CPU")
    lane.grow(slots)
    return lane


def assert_all_free(lane: Lane) -> None:
    """Assert that each slot of the lane can be taken without a wait."""
    unbothered = Cancellation()
    taken = []
    for _ in range(lane.slots):
        with ThreadPoolExecutor(1) as pool:
            taken.append(pool.submit(lane.acquire, unbothered, 0.0).result(SECONDS))
    assert sorted(taken) == list(range(lane.slots))
    for slot in taken:
        lane.release(slot)


def test_slots_are_distinct_and_come_back(caller: Cancellation) -> None:
    lane = lane_of(2)
    first, second = lane.acquire(caller, 0.0), lane.acquire(caller, 0.0)
    assert {first, second} == {0, 1}
    lane.release(first)
    assert lane.acquire(caller, 0.0) == first


def test_the_smallest_key_is_next(caller: Cancellation) -> None:
    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    order: list[float] = []

    def work(key: float, waiting: Waiting) -> None:
        mine = lane.acquire(waiting, key)
        order.append(key)
        lane.release(mine)

    with ThreadPoolExecutor(4) as pool:
        for key in (3.0, 1.0, 4.0, 2.0):
            waiting = Waiting()
            pool.submit(work, key, waiting)
            assert waiting.queued.wait(SECONDS)
        lane.release(slot)
    assert order == [1.0, 2.0, 3.0, 4.0]
    assert_all_free(lane)


def test_the_background_lets_others_overtake_but_not_without_limit(caller: Cancellation) -> None:
    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    order: list[str] = []

    def work(name: str, key: float, waiting: Waiting) -> None:
        mine = lane.acquire(waiting, key, name.startswith("background"))
        order.append(name)
        lane.release(mine)

    names = ["background 0", "background 1", *(f"step {number}" for number in range(PATIENCE + 2))]
    with ThreadPoolExecutor(len(names)) as pool:
        for key, name in enumerate(names):
            waiting = Waiting()
            pool.submit(work, name, key, waiting)
            assert waiting.queued.wait(SECONDS)
        lane.release(slot)
    steps = names[2:]
    assert order == [*steps[:PATIENCE], "background 0", *steps[PATIENCE:], "background 1"]
    assert_all_free(lane)


def test_a_wait_in_the_background_can_be_cancelled(caller: Cancellation) -> None:
    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    waiting = Waiting()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(lane.acquire, waiting, 0.0, True)
        assert waiting.queued.wait(SECONDS)
        waiting.cancel("enough")
        with pytest.raises(Cancelled, match="enough"):
            result.result(SECONDS)
    lane.release(slot)
    assert_all_free(lane)


def test_cancelled_callers_take_nothing() -> None:
    lane = lane_of(1)
    cancelled = Cancellation()
    cancelled.cancel("enough")
    with pytest.raises(Cancelled):
        lane.acquire(cancelled, 0.0)
    assert_all_free(lane)


def test_cancelled_waiters_leave_at_once(caller: Cancellation) -> None:
    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    waiting = Waiting()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(lane.acquire, waiting, 0.0)
        assert waiting.queued.wait(SECONDS)
        waiting.cancel("enough")
        with pytest.raises(Cancelled, match="enough"):
            result.result(SECONDS)  # the slot is still taken
    lane.release(slot)
    assert_all_free(lane)


def test_a_slot_handed_to_a_caller_who_is_being_cancelled_goes_to_the_next(caller: Cancellation) -> None:
    class Leaving(Waiting):
        """A caller that is cancelled after it gets a slot and before it reads it."""

        __slots__ = ()

        def raise_if_cancelled(self) -> None:
            if self.queued.is_set():
                self.cancel("just now")
            super().raise_if_cancelled()

    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    leaving, patient = Leaving(), Waiting()
    with ThreadPoolExecutor(2) as pool:
        left = pool.submit(lane.acquire, leaving, 1.0)
        assert leaving.queued.wait(SECONDS)
        stayed = pool.submit(lane.acquire, patient, 2.0)
        assert patient.queued.wait(SECONDS)
        lane.release(slot)
        with pytest.raises(Cancelled):
            left.result(SECONDS)
        lane.release(stayed.result(SECONDS))
    assert_all_free(lane)


def test_a_caller_cancelled_just_before_it_subscribes(caller: Cancellation) -> None:
    class Late(Cancellation):
        __slots__ = ()

        def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
            self.cancel("meanwhile")
            return super().subscribe(callback)

    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    with pytest.raises(Cancelled):
        lane.acquire(Late(), 0.0)
    lane.release(slot)
    assert_all_free(lane)


def test_a_caller_that_breaks_leaves_nothing_behind(caller: Cancellation) -> None:
    class Broken(Cancellation):
        __slots__ = ()

        def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
            raise KeyError("subscribe")

    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    with pytest.raises(KeyError):
        lane.acquire(Broken(), 0.0)
    lane.release(slot)
    assert_all_free(lane)


@pytest.mark.parametrize("cancelled", [False, True])
def test_waits_are_noted_in_the_thread_that_waits(caller: Cancellation, cancelled: bool) -> None:
    lane = lane_of(1)
    waiting = Waiting()
    log: list[object] = []

    def acquire() -> None:
        activity.logs.append(log)
        try:
            lane.acquire(waiting, 0.0)
        finally:
            activity.logs.pop()

    slot = lane.acquire(caller, 0.0)
    before = time.perf_counter()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(acquire)
        assert waiting.queued.wait(SECONDS)
        assert log == []
        if cancelled:
            waiting.cancel("enough")
        lane.release(slot)
        assert isinstance(result.exception(SECONDS), Cancelled) == cancelled
    (wait,) = log
    assert isinstance(wait, LaneWait)
    assert wait.device == "CPU"
    assert before <= wait.began <= wait.ended <= time.perf_counter()


def test_a_free_slot_takes_no_wait(caller: Cancellation) -> None:
    activity.logs.append([])
    lane_of(1).acquire(caller, 0.0)
    assert activity.logs.pop() == []


def test_growing_serves_waiting_callers_and_never_shrinks(caller: Cancellation) -> None:
    lane = lane_of(1)
    lane.acquire(caller, 0.0)
    waiting = Waiting()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(lane.acquire, waiting, 0.0)
        assert waiting.queued.wait(SECONDS)
        lane.grow(2)
        assert result.result(SECONDS) == 1
    lane.grow(1)
    assert lane.slots == 2


def test_nothing_is_lost_when_many_come_and_go(
    caller: Cancellation, quick_switches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """16 threads use 3 slots; some of them cancel another, waiting thread just before they release their slot."""
    monkeypatch.setattr("graphframe.inference.lane.LONGEST_PAUSE", 1e-6)
    lane = lane_of(3)
    guard = threading.Lock()
    in_use: set[int] = set()
    waiting: dict[int, Waiting] = {}
    outcomes = {"done": 0, "cancelled": 0}
    all_wait = threading.Barrier(17)

    class First(Waiting):
        __slots__ = ()

        def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
            unsubscribe = super().subscribe(callback)
            all_wait.wait(SECONDS)
            return unsubscribe

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for turn in range(200):
            mine = waiting[seed] = Waiting() if turn else First()
            try:
                slot = lane.acquire(mine, chance.random(), expected=chance.choice([0.0, 1e-6, 1.0]))
            except Cancelled:
                with guard:
                    outcomes["cancelled"] += 1
                continue
            with guard:
                assert slot in range(3)
                assert slot not in in_use
                in_use.add(slot)
            victim = waiting[chance.randrange(16)]
            with guard:
                in_use.remove(slot)
                outcomes["done"] += 1
            if chance.random() < 0.3:
                victim.cancel("bad luck")
            lane.release(slot)

    slots = [lane.acquire(caller, 0.0) for _ in range(3)]
    with ThreadPoolExecutor(16) as pool:
        workers = [pool.submit(work, seed) for seed in range(16)]
        all_wait.wait(SECONDS)
        waiting[0].cancel("bad luck")
        for slot in slots:
            lane.release(slot)
        for worker in workers:
            worker.result(4 * SECONDS)
    assert sum(outcomes.values()) == 16 * 200
    assert outcomes["cancelled"] > 0
    assert outcomes["done"] > 0
    assert_all_free(lane)


def test_one_lane_a_device_string() -> None:
    assert lane_for("cpu") is lane_for("CPU") is lane_for("")
    strings = ["CPU", "AUTO:CPU", "HETERO:CPU", "BATCH:CPU(4)"]
    assert len({lane_for(device) for device in strings}) == len(strings)


def test_a_block_holds_a_slot_and_releases_it(caller: Cancellation) -> None:
    lane = lane_of(1)
    with lane.slot(caller, 0.0) as slot:
        assert slot == 0
    with pytest.raises(KeyError), lane.slot(caller, 0.0):
        raise KeyError
    assert_all_free(lane)


def test_an_uncontended_slot_costs_few_calls(caller: Cancellation) -> None:
    lane, calls = lane_of(1), 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    lane.release(lane.acquire(caller, 0.0))
    sys.setprofile(None)
    assert calls <= 20


def test_counts() -> None:
    lane = Lane("CPU")
    lane.grow(1)
    assert lane.counts() == LaneCounts(slots=1, used=0, waiting=0)
    caller = Waiting()
    with ThreadPoolExecutor() as threads:
        with lane.slot(Cancellation(), 1.0):
            waiting = threads.submit(lane.acquire, caller, 1.0)
            assert caller.queued.wait(SECONDS)
            assert lane.counts() == LaneCounts(slots=1, used=1, waiting=1)
        lane.release(waiting.result(SECONDS))
    assert lane.counts() == LaneCounts(slots=1, used=0, waiting=0)


def test_lanes() -> None:
    assert lane_for("CPU") in lanes()


def test_a_party_that_floods_the_lane_takes_turns_with_another(
    caller: Cancellation, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("graphframe.inference.lane.time", SimpleNamespace(perf_counter=lambda: now))
    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    order: list[str] = []

    def work(waiting: Waiting) -> None:
        nonlocal now
        mine = lane.acquire(waiting, 1.0, expected=1.0)
        order.append(waiting.share[0])
        now += 1
        lane.release(mine)

    with ThreadPoolExecutor(8) as pool:
        for name in "aaaaaabb":
            waiting = Waiting((name, 1.0))
            pool.submit(work, waiting)
            assert waiting.queued.wait(SECONDS)
        now += 1
        lane.release(slot)
    assert order[:4] in (list("abab"), list("abba"))
    assert_all_free(lane)


def test_what_a_slot_was_used_for_longer_than_expected_counts(caller: Cancellation) -> None:
    lane = lane_of(1)
    slot = lane.acquire(Cancellation(("slow", 1.0)), 0.0, expected=1e-9)
    order: list[str] = []

    def work(waiting: Waiting) -> None:
        mine = lane.acquire(waiting, 1.0)
        order.append(waiting.share[0])
        lane.release(mine)

    with ThreadPoolExecutor(8) as pool:
        for name in ("slow", "other"):
            waiting = Waiting((name, 1.0))
            pool.submit(work, waiting)
            assert waiting.queued.wait(SECONDS)
        lane.release(slot)
    assert order == ["other", "slow"]


def test_a_long_inference_gives_way_to_the_next_short_one_of_a_run(
    caller: Cancellation, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    order: list[str] = []

    def work(name: str, key: float, waiting: Waiting, expected: float) -> None:
        mine = lane.acquire(waiting, key, expected=expected)
        order.append(name)
        lane.release(mine)

    with ThreadPoolExecutor(8) as pool:

        def come_back(seconds: float) -> None:
            """The short run comes back while the long one pauses."""
            assert 0 < seconds <= 0.002
            if len(order) < 2 * PAUSES:
                short = Waiting()
                pool.submit(work, "short", 0.0, short, 0.0)
                assert short.queued.wait(SECONDS)
            order.append("pause")

        monkeypatch.setattr("graphframe.inference.lane.time.sleep", come_back)
        long = Waiting()
        result = pool.submit(work, "long", 50.0, long, 50.0)
        assert long.queued.wait(SECONDS)
        lane.release(slot)
        result.result(SECONDS)
    assert order == ["pause", "short"] * PAUSES + ["long"]
    assert_all_free(lane)


def test_pauses_change_no_order(caller: Cancellation, monkeypatch: pytest.MonkeyPatch) -> None:
    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    order: list[float] = []

    def work(key: float, waiting: Waiting) -> None:
        mine = lane.acquire(waiting, key, expected=1e9)  # so that each pauses
        order.append(key)
        lane.release(mine)

    monkeypatch.setattr("graphframe.inference.lane.time.sleep", lambda seconds: None)
    with ThreadPoolExecutor(3) as pool:
        for key in (50.0, 2.0, 20.0):
            waiting = Waiting()
            pool.submit(work, key, waiting)
            assert waiting.queued.wait(SECONDS)
        lane.release(slot)
    assert order == [2.0, 20.0, 50.0]


def test_who_is_cancelled_while_it_pauses_takes_nothing(caller: Cancellation, monkeypatch: pytest.MonkeyPatch) -> None:
    lane = lane_of(1)
    slot = lane.acquire(caller, 0.0)
    long, other = Waiting(), Waiting()

    def cancel(seconds: float) -> None:
        others.append(pool.submit(lane.acquire, other, 0.0))
        assert other.queued.wait(SECONDS)
        long.cancel("enough")

    others: list[Future[int]] = []
    monkeypatch.setattr("graphframe.inference.lane.time.sleep", cancel)
    with ThreadPoolExecutor(2) as pool:
        result = pool.submit(lane.acquire, long, 50.0, expected=50.0)
        assert long.queued.wait(SECONDS)
        lane.release(slot)
        with pytest.raises(Cancelled, match="enough"):
            result.result(SECONDS)
        lane.release(others[0].result(SECONDS))
    assert_all_free(lane)
