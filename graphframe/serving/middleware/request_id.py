"""The id that connects a response with the server's log."""

from __future__ import annotations

import re
import uuid

import falcon.asgi

from graphframe.serving.observation.exchange import EXCHANGE

_SANE = re.compile(r"[\w.:/+=~-]{1,128}", re.ASCII)


class RequestId:
    """Falcon middleware that gives each response an ``x-request-id``, the client's own if that is sane."""

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Set the id before anything can fail."""
        given = req.get_header("x-request-id") or ""
        req.context.id = given if _SANE.fullmatch(given) else f"req_{uuid.uuid4().hex}"
        EXCHANGE.get().id = req.context.id
        resp.set_header("x-request-id", req.context.id)
