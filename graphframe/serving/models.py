"""``GET /models`` and ``/models/{id}``: what OpenAI's clients list."""

from __future__ import annotations

import falcon.asgi

from graphframe.serving.api.responses import Model, ModelList
from graphframe.serving.servable import Servable, Servables, State


class Models:
    """The servables that can be used now."""

    def __init__(self, servables: Servables) -> None:
        self._servables = servables

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """List them."""
        available = (servable for servable in self._servables if servable.state is State.AVAILABLE)
        resp.media = ModelList(data=[_describe(servable) for servable in available])

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Describe one; its name may contain slashes."""
        resp.media = _describe(self._servables.find_available(name))


def _describe(servable: Servable) -> Model:
    return Model(id=servable.name, created=servable.available_since)
