from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from graphframe.serving.errors import APIError
from graphframe.serving.generation import admission
from graphframe.serving.generation.admission import Admission

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(main, timeout=10))


class Visitor:
    """A task that enters, adds its name to `entered`, and leaves when it is released."""

    def __init__(self, to: Admission, entered: list[str], name: str) -> None:
        self.go = asyncio.Event()
        self.task = asyncio.create_task(self._visit(to, entered, name))

    async def _visit(self, to: Admission, entered: list[str], name: str) -> None:
        async with to.slot():
            entered.append(name)
            await self.go.wait()

    async def leave(self) -> None:
        self.go.set()
        await self.task


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_those_who_wait_enter_in_order() -> None:
    async def main() -> None:
        to, entered = Admission(2, 10), list[str]()
        visitors = [Visitor(to, entered, name) for name in "abcd"]
        await settle()
        assert entered == ["a", "b"]
        await visitors[1].leave()
        await settle()
        assert entered == ["a", "b", "c"]
        await visitors[0].leave()
        await settle()
        assert entered == ["a", "b", "c", "d"]
        await asyncio.gather(*(visitor.leave() for visitor in visitors))

    run(main())


def test_the_rest_is_turned_away() -> None:
    async def main() -> None:
        to, entered = Admission(1, 1), list[str]()
        visitors = [Visitor(to, entered, name) for name in "ab"]
        await settle()
        with pytest.raises(APIError) as raised:
            async with to.slot():
                pass
        assert raised.value.status_code == 429
        assert raised.value.error_code == "queue_full"
        assert 1 <= int(dict(raised.value.headers or {})["retry-after"]) <= 120
        for visitor in visitors:
            await visitor.leave()
        assert entered == ["a", "b"]
        async with to.slot():
            pass

    run(main())


@pytest.mark.parametrize(("seconds", "expected"), [(0.1, "1"), (3.0, "6"), (500.0, "120")])
def test_when_to_try_again_goes_by_recent_runs(monkeypatch: pytest.MonkeyPatch, seconds: float, expected: str) -> None:
    clock = iter([0.0, seconds, 0.0])
    monkeypatch.setattr(admission, "time", SimpleNamespace(monotonic=lambda: next(clock)))

    async def main() -> str:
        to = Admission(1, 1)
        async with to.slot():
            pass
        visitor = Visitor(to, [], "a")
        await settle()
        waiting = Visitor(to, [], "b")
        await settle()
        with pytest.raises(APIError) as raised:
            async with to.slot():
                pass
        for task in (waiting.task, visitor.task):
            task.cancel()
        return dict(raised.value.headers or {})["retry-after"]

    assert run(main()) == expected


def test_who_leaves_the_queue_makes_room() -> None:
    async def main() -> None:
        to, entered = Admission(1, 1), list[str]()
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
        to, entered = Admission(1, 5), list[str]()
        async with to.slot():
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
        to = Admission(1, 0)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                async with to.slot():
                    raise RuntimeError

    run(main())
