"""``GET /models`` and ``/models/{id}``: what OpenAI's clients list."""

from __future__ import annotations

import falcon.asgi

from graphframe.serving.api.responses import Model, ModelList
from graphframe.serving.lifecycle.servable import Servable, Servables, State


class Models:
    """The names of servables that can be used now and of their adapters, and what else the operator calls them."""

    def __init__(self, servables: Servables) -> None:
        self._servables = servables

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """List them."""
        available = (servable for servable in self._servables if servable.state is State.AVAILABLE)
        named = {name: servable for servable in available for name in servable.names}
        aliased = {name: named[target] for name, target in self._servables.aliases.items() if target in named}
        resp.media = ModelList(data=[_describe(name, servable) for name, servable in {**aliased, **named}.items()])

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Describe one; its name may contain slashes. Without a name, list them."""
        if not name:
            await self.on_get(req, resp)
            return
        resp.media = _describe(name, self._servables.find_available(name))


def _describe(name: str, servable: Servable) -> Model:
    return Model(id=name, created=servable.available_since)
