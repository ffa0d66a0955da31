from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator

import falcon.asgi
import falcon.testing
import pytest

from graphframe.serving.access.party import Party
from graphframe.serving.api.body_budget import BodyBudget
from graphframe.serving.api.form_body import MAX_BYTES
from graphframe.serving.errors import APIError
from graphframe.serving.observation.exchange import EXCHANGE, Exchange

ANN, BOB = Party("ann"), Party("bob")


def request(body: bytes, length: int | None, party: Party) -> falcon.asgi.Request:
    """Return a request with a body, which may have announced another length."""
    headers = {} if length is None else {"Content-Length": str(length)}
    events = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, object]:
        return events.pop() if events else {"type": "http.disconnect"}

    made = falcon.asgi.Request(falcon.testing.create_scope(method="POST", headers=headers), receive)
    made.context.party = party
    return made


@contextlib.asynccontextmanager
async def held(
    budget: BodyBudget, length: int | None, party: Party = ANN, body: bytes | None = None
) -> AsyncIterator[None]:
    """Let a body arrive, and hold it within the block: by default of all the length that was announced."""
    req = request(bytes(length or 0) if body is None else body, length, party)
    exchange = Exchange("POST", "/")
    EXCHANGE.set(exchange)
    async with budget.arrival(req, MAX_BYTES):
        await req.stream.read()
    try:
        yield
    finally:
        budget.release(exchange)


def test_a_body_waits_until_others_are_answered() -> None:
    async def main() -> None:
        budget = BodyBudget(MAX_BYTES, seconds=math.inf)
        async with held(budget, 60), contextlib.AsyncExitStack() as stack:
            waiting = asyncio.create_task(stack.enter_async_context(held(budget, MAX_BYTES - 59)))
            async with held(budget, MAX_BYTES - 60):  # which fits, and overtakes
                assert not waiting.done()
            await asyncio.sleep(0)
            assert not waiting.done()
        await waiting

    asyncio.run(main())


def test_no_room_in_time() -> None:
    async def main() -> None:
        budget = BodyBudget(MAX_BYTES, seconds=0)
        async with held(budget, 1):
            with pytest.raises(APIError, match="503") as raised:
                async with held(budget, MAX_BYTES):
                    pass
        assert raised.value.error_code == "bodies_full"
        assert raised.value.headers == {"retry-after": "5"}
        async with held(budget, MAX_BYTES):
            pass

    asyncio.run(main())


@pytest.mark.parametrize("length", [None, 10 * MAX_BYTES, 4])
def test_what_has_arrived_is_held(length: int | None) -> None:
    async def main() -> None:
        budget = BodyBudget(MAX_BYTES, seconds=0)
        async with held(budget, length, body=b"four"), held(budget, MAX_BYTES - 4):
            pass

    asyncio.run(main())


def test_a_client_that_leaves_does_not_wait() -> None:
    async def main() -> None:
        budget = BodyBudget(MAX_BYTES, seconds=math.inf)
        async with held(budget, 1):
            waiting = asyncio.create_task(held(budget, MAX_BYTES).__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        async with held(budget, MAX_BYTES):
            pass

    asyncio.run(main())


def test_each_key_has_its_share() -> None:
    async def main() -> None:
        budget = BodyBudget(4 * MAX_BYTES, lambda: [ANN, BOB], seconds=0)
        async with held(budget, MAX_BYTES, body=b""), contextlib.AsyncExitStack() as stack:
            for req in [request(b"", MAX_BYTES, party) for party in (ANN, ANN, BOB, BOB)]:
                EXCHANGE.set(Exchange("POST", "/"))
                await stack.enter_async_context(budget.arrival(req, MAX_BYTES))
            with pytest.raises(APIError):
                async with held(budget, 1, ANN):
                    pass

    asyncio.run(main())
