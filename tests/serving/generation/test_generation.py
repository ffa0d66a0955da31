from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

import graphframe as gf
from graphframe.images import EncodedImage, ImageRequest
from graphframe.serving.generation.generation import Generation, Partial
from graphframe.serving.lifecycle.model import ServedModel
from tests.serving import toys
from tests.serving.running_server import Pipes

MakeModel = Callable[..., ServedModel]


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, timeout=60))


@asynccontextmanager
async def at_once() -> AsyncIterator[None]:
    yield


def test_events_in_order(make_model: MakeModel) -> None:
    async def main() -> None:
        generation = Generation(make_model(), ImageRequest("a cat", n=2, partial_images=2), "req", "me")
        events = [event async for event in generation.events(at_once())]
        assert [type(event) for event in events] == [Partial, Partial, EncodedImage, EncodedImage]
        assert [event.index for event in events if isinstance(event, Partial)] == [0, 1]
        assert generation.progress.stages["paint"].step == 1

    run(main())


def test_silence(make_model: MakeModel) -> None:
    async def main() -> None:
        go = asyncio.Event()

        @asynccontextmanager
        async def turn() -> AsyncIterator[None]:
            await go.wait()
            yield

        generation = Generation(make_model(), ImageRequest("a cat"), "req", "me")
        events = generation.events(turn(), every=0.01)
        assert await anext(events) is None
        assert await anext(events) is None
        assert not generation.running
        go.set()
        assert [type(event) async for event in events if event] == [EncodedImage]

    run(main())


def test_the_image_does_not_wait_for_previews(make_model: MakeModel, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        model = make_model(graph=toys.LATE_PREVIEWS)
        generation = Generation(model, ImageRequest("a cat", partial_images=3), "req", "me")
        assert [type(event) async for event in generation.events(at_once())] == [EncodedImage]
        assert model.graph is not None
        await asyncio.to_thread(model.graph.close)  # which waits for all threads

    run(main())
    assert "disconnected" not in caplog.text


@pytest.mark.parametrize("how", ["cancelled", "cancelled while news comes", "left"])
def test_who_goes_away_stops_the_run(make_model: MakeModel, pipes: Pipes, how: str) -> None:
    async def main() -> None:
        generation = Generation(
            make_model(), ImageRequest(f"wait for cancel {pipes.folder}", partial_images=1), "req", "me"
        )
        events = generation.events(at_once(), every=60)
        assert isinstance(await anext(events), Partial)
        await asyncio.to_thread(pipes.wait_until_started)
        if how == "left":
            await events.aclose()
        else:
            following = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            if how == "cancelled while news comes":
                generation._settle("PREVIEW", gf.Timestamp.DONE)
                await asyncio.sleep(0)
            following.cancel()
        assert await asyncio.to_thread(pipes.read_news) == "cancelled"

    run(main())
