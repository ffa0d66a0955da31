"""``GET /graphs/{model}``: the graph of a model as SVG."""

from __future__ import annotations

import asyncio

import falcon.asgi

from graphframe.framework.graph import Graph
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.view.diagram import diagram
from graphframe.view.drawable import drawable
from graphframe.view.svg import to_svg


class GraphsResource:
    """The graphs as ``graphframe view`` draws them; each node is an element with its name in ``data-node``."""

    def __init__(self, models: ServedModels) -> None:
        self._models = models

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Draw the graph of a model, whose name may contain slashes."""
        model = self._models.find_available(name)
        assert model.graph is not None
        resp.text = await asyncio.to_thread(_draw, model.graph.graph, model.name)
        resp.content_type = "image/svg+xml"
        resp.cache_control = ["no-cache"]


def _draw(graph: Graph, title: str) -> str:
    devices = {node.name: node.device for node in graph.nodes}
    return to_svg(diagram(drawable(graph.config), devices=devices), title)
