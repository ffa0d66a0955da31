"""Refusals while the server shuts down."""

from __future__ import annotations

import falcon.asgi

from graphframe.serving.lifecycle.drain import Drain, shutting_down


class Draining:
    """Falcon middleware that refuses all requests but those for health, once the server shuts down."""

    def __init__(self, drain: Drain) -> None:
        self._drain = drain

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Raise APIError 503 if the server shuts down."""
        if self._drain.refusing and not req.path.startswith("/v2/health"):
            raise shutting_down()
