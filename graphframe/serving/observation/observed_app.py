"""A Falcon application that reports each HTTP exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import falcon.asgi
from falcon.routing import CompiledRouter

from graphframe.serving.observation.exchange import EXCHANGE, Exchange


class ObservedApp(falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response]):
    """A Falcon application that reports each HTTP exchange at its end, also that of a client that disconnected.

    Falcon's own middleware is not called when a client disconnects, nor at the end of a stream.

    Parameters
    ----------
    router : CompiledRouter

    Attributes
    ----------
    on_end : list of callable
        Each is called with each exchange that ended.
    """

    def __init__(self, router: CompiledRouter) -> None:
        self.on_end: list[Callable[[Exchange], None]] = []
        super().__init__(router=router)

    async def __call__(  # type: ignore[override]
        self, scope: dict[str, Any], receive: Any, send: Any
    ) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        exchange = Exchange(scope["method"], scope["path"])

        async def send_and_note(event: dict[str, Any]) -> None:
            exchange.status = event.get("status", exchange.status)
            await send(event)

        token, left = EXCHANGE.set(exchange), False
        try:
            await super().__call__(scope, receive, send_and_note)
        except asyncio.CancelledError:
            left = True
            raise
        except Exception:
            exchange.status = 500
            raise
        finally:
            EXCHANGE.reset(token)
            exchange.end(left)
            self.report(exchange)

    def report(self, exchange: Exchange) -> None:
        """Report an exchange that ended."""
        for report in self.on_end:
            report(exchange)
