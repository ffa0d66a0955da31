from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from graphframe.serving.access.party import NO_PARTY, Party
from graphframe.serving.errors import APIError
from graphframe.serving.generation.admission import Admission

T = TypeVar("T")

ALICE, BOB, CAROL = Party("alice"), Party("bob"), Party("carol")


def run(main: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(main, timeout=60))


@dataclass(eq=False)
class Job:
    """A request, as the admission sees it."""

    party: Party = NO_PARTY
    work: float = 0.0
    done: float = 0.0


class Visitor:
    """A task that enters, adds its name to `entered`, and leaves when it is released."""

    def __init__(
        self, to: Admission, entered: list[str], name: str, party: Party = NO_PARTY, work: float = 0.0
    ) -> None:
        self.go = asyncio.Event()
        self.job = Job(party, work)
        self.task = asyncio.create_task(self._visit(to, entered, name))

    async def _visit(self, to: Admission, entered: list[str], name: str) -> None:
        async with to.slot(self.job):
            entered.append(name)
            await self.go.wait()

    async def leave(self) -> None:
        self.go.set()
        await self.task


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def refused(to: Admission, job: Job) -> APIError:
    with pytest.raises(APIError) as raised:
        async with to.slot(job):
            pass
    assert raised.value.status_code == 429
    assert raised.value.error_code == "queue_full"
    return raised.value


def retry_after(error: APIError) -> int:
    return int(dict(error.headers or {})["retry-after"])


def test_those_who_wait_enter_in_order() -> None:
    async def main() -> None:
        to, entered = Admission(lambda: 2, 10), list[str]()
        visitors = [Visitor(to, entered, name) for name in "abcd"]
        await settle()
        assert entered == ["a", "b"]
        assert to.order() == [visitors[2].job, visitors[3].job]
        await visitors[1].leave()
        await settle()
        assert entered == ["a", "b", "c"]
        await visitors[0].leave()
        await settle()
        assert entered == ["a", "b", "c", "d"]
        await asyncio.gather(*(visitor.leave() for visitor in visitors))

    run(main())


def test_less_work_enters_first_and_nothing_starves() -> None:
    async def main() -> None:
        to, entered = Admission(lambda: 1, 10), list[str]()
        first = Visitor(to, entered, "first")
        await settle()
        visitors = [Visitor(to, entered, f"{work}", work=work) for work in (50.0, 4.0, 2.0)]
        await settle()
        await first.leave()
        for _ in range(6):
            await settle()
            if entered[-1] == "50.0":
                break
            visitors.append(Visitor(to, entered, "4.0", work=4.0))
            await settle()
            await next(each for each in visitors if each.job in to._running).leave()
        assert entered[1] == "2.0"
        assert "50.0" in entered
        for visitor in visitors:
            visitor.task.cancel()

    run(main())


def test_the_rest_is_turned_away() -> None:
    async def main() -> None:
        to, entered = Admission(lambda: 1, 1), list[str]()
        visitors = [Visitor(to, entered, name) for name in "ab"]
        await settle()
        assert "1 requests run and 1 wait" in str((await refused(to, Job())).description)
        for visitor in visitors:
            await visitor.leave()
        assert entered == ["a", "b"]
        async with to.slot(Job()):
            pass

    run(main())


@pytest.mark.parametrize(
    ("work", "done", "expected"), [(0.0, 0.0, 1), (0.1, 0.0, 1), (3.0, 0.0, 6), (3.0, 0.5, 5), (500.0, 0.0, 120)]
)
def test_when_to_try_again_goes_by_remaining_work(work: float, done: float, expected: int) -> None:
    async def main() -> int:
        to = Admission(lambda: 1, 1)
        visitors = [Visitor(to, [], name, work=work) for name in "ab"]
        await settle()
        visitors[0].job.done = done
        error = await refused(to, Job(work=work))
        for visitor in visitors:
            visitor.task.cancel()
        return retry_after(error)

    assert run(main()) == expected


def test_a_wait_counts_only_what_delays_a_request() -> None:
    async def main() -> None:
        to = Admission(lambda: 3, 10, lambda: [ALICE, BOB])
        visitors = [Visitor(to, [], f"{work}", ALICE, work) for work in (10.0, 10.0, 10.0, 50.0)]
        await settle()
        assert to.wait(Job(ALICE, 1.0)) == 20 + 0  # two run; those that wait have more work
        assert to.wait(Job(ALICE, 60.0)) == 80
        assert to.wait(Job(BOB, 2.0)) == 2  # alice gets as much as bob meanwhile
        assert to.wait(Job(BOB, 500.0)) == 80  # and no more than she has
        assert to.wait(Job(Party("bob", "high"), 2.0)) == 0.5
        assert to.wait(Job(Party("bob", "low"), 2.0)) == 8
        for visitor in visitors:
            visitor.task.cancel()

    run(main())


def test_a_flood_leaves_places_for_other_keys() -> None:
    async def main() -> None:
        to, entered = Admission(lambda: 4, 10, lambda: [ALICE, BOB, CAROL]), list[str]()
        flood = [Visitor(to, entered, "alice", ALICE) for _ in range(5)]
        await settle()
        assert entered == ["alice", "alice"]
        error = await refused(to, Job(ALICE))
        assert 'key "alice"' in str(error.description)
        assert "2 run and 3 wait (limits: 3 waiting)" in str(error.description)
        others = [Visitor(to, entered, party.name, party) for party in (BOB, CAROL, BOB)]
        await settle()
        assert entered[2:] == ["bob", "carol"]
        for visitor in others[:2]:
            await visitor.leave()
        await settle()
        assert entered[4:] == ["bob"]
        for visitor in (*flood, *others):
            visitor.task.cancel()

    run(main())


def test_keys_take_turns_for_a_place() -> None:
    async def main() -> None:
        to, entered = Admission(lambda: 1, 100, lambda: [ALICE, BOB]), list[str]()
        visitors = [Visitor(to, entered, "alice", ALICE, 5.0) for _ in range(10)]
        await settle()
        visitors += [Visitor(to, entered, "bob", BOB, 5.0) for _ in range(3)]
        for _ in range(7):
            await settle()
            await next(each for each in visitors if each.job in to._running).leave()
        assert entered[:7] == ["alice", "bob", "alice", "bob", "alice", "bob", "alice"]
        for visitor in visitors:
            visitor.task.cancel()

    run(main())


def test_limits_of_a_key() -> None:
    async def main() -> None:
        narrow = Party("narrow", max_running=1, max_waiting=1)
        to, entered = Admission(lambda: 4, 10, lambda: [narrow]), list[str]()
        visitors = [Visitor(to, entered, name, narrow) for name in "ab"]
        await settle()
        assert entered == ["a"]
        error = await refused(to, Job(narrow))
        assert '"narrow": 1 run and 1 wait (limits: 1 running, 1 waiting)' in str(error.description)
        await visitors[0].leave()
        await settle()
        assert entered == ["a", "b"]
        await visitors[1].leave()

    run(main())


def test_those_without_a_key_have_a_share_too() -> None:
    async def main() -> None:
        to = Admission(lambda: 1, 2, lambda: [ALICE])
        visitors = [Visitor(to, [], "a") for _ in range(2)]
        await settle()
        assert "clients without a key" in str((await refused(to, Job())).description)
        visitors.append(Visitor(to, [], "alice", ALICE))
        await settle()
        assert len(to.order()) == 2
        for visitor in visitors:
            visitor.task.cancel()

    run(main())


def test_who_leaves_the_queue_makes_room() -> None:
    async def main() -> None:
        to, entered = Admission(lambda: 1, 1), list[str]()
        first, second = Visitor(to, entered, "a"), Visitor(to, entered, "b")
        await settle()
        second.task.cancel()
        await settle()
        third = Visitor(to, entered, "c")
        await settle()
        await first.leave()
        await third.leave()
        assert entered == ["a", "c"]

    run(main())


@pytest.mark.parametrize("granted_first", [True, False])
def test_who_leaves_in_the_moment_of_its_turn_passes_it_on(granted_first: bool) -> None:
    async def main() -> None:
        to, entered = Admission(lambda: 1, 5), list[str]()
        async with to.slot(Job()):
            leaver, other = Visitor(to, entered, "leaver"), Visitor(to, entered, "other")
            await settle()
            if not granted_first:
                leaver.task.cancel()
        leaver.task.cancel()  # no task has run since the slot became free
        await settle()
        assert entered == ["other"]
        await other.leave()
        await Visitor(to, entered, "next").leave()
        assert entered == ["other", "next"]

    run(main())


def test_a_failure_gives_the_place_back() -> None:
    async def main() -> None:
        to = Admission(lambda: 1, 0)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                async with to.slot(Job()):
                    raise RuntimeError

    run(main())


def test_the_work_of_one_of_several() -> None:
    async def main() -> None:
        now = 100.0
        to = Admission(lambda: 4, 4, lambda: [ALICE, BOB], lambda: now)
        async with to.slot(Job(ALICE)) as alice:
            now += 2
            assert alice() == 2
            async with to.slot(Job(BOB)) as bob:
                now += 4
                assert (alice(), bob()) == (4, 2)
                async with to.slot(Job(BOB)):
                    now += 8
                assert (alice(), bob()) == (8, 4)
            now += 1
            assert alice() == 9

    run(main())
