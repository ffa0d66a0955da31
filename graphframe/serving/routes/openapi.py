"""``GET /openapi.json``."""

from __future__ import annotations

import falcon.asgi
import msgspec

from graphframe.serving.api import openapi


class OpenAPIResource:
    """The OpenAPI document of the server."""

    def __init__(self) -> None:
        self._document = openapi.document()

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer with the document."""
        servers = {"servers": [{"url": req.root_path}]} if req.root_path else {}
        resp.data = msgspec.json.encode({**self._document, **servers})
