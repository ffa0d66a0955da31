"""``GET /graphs/{model}``: the graph of a model, drawn."""

from __future__ import annotations

import asyncio

import falcon.asgi

from graphframe.framework.graph import Graph
from graphframe.serving.lifecycle.servable import Servables
from graphframe.view.diagram import diagram
from graphframe.view.source import registered
from graphframe.view.svg import to_svg


class GraphPicture:
    """Pictures as ``graphframe view`` makes them; each node is an element with its name in ``data-node``."""

    def __init__(self, servables: Servables) -> None:
        self._servables = servables

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Draw the graph of a model; its name may contain slashes."""
        servable = self._servables.find_available(name)
        assert servable.version is not None
        resp.text = await asyncio.to_thread(_draw, servable.version.graph, servable.name)
        resp.content_type = "image/svg+xml"
        resp.cache_control = ["no-cache"]


def _draw(graph: Graph, title: str) -> str:
    return to_svg(diagram(registered(graph.config)), title)
