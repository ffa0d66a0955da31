"""``GET /graphs/{model}``: the graph of a model, as SVG or as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import falcon.asgi

from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.lifecycle.served_graph import ServedGraph
from graphframe.view.diagram import Diagram, diagram
from graphframe.view.drawable import drawable
from graphframe.view.svg import to_svg


class GraphsResource:
    """The graphs as ``graphframe view`` draws them.

    In the SVG, each node is an element with its name in ``data-node``. The JSON is the diagram, with the times of
    nodes, for ``graphframe view http://...``.
    """

    def __init__(self, models: ServedModels) -> None:
        self._models = models

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Draw the graph of a model, whose name may contain slashes."""
        model = self._models.find_available(name)
        assert model.graph is not None
        resp.cache_control = ["no-cache"]
        resp.vary = ["accept"]
        if req.accept == "application/json":
            resp.media = await asyncio.to_thread(_diagram, model.graph, {**model.graph.seconds}, model.graph.runs)
            return
        resp.text = to_svg(await asyncio.to_thread(_diagram, model.graph), model.name)
        resp.content_type = "image/svg+xml"


def _diagram(served: ServedGraph, seconds: Mapping[str, float] = MappingProxyType({}), runs: int = 0) -> Diagram:
    graph = served.graph
    return diagram(
        drawable(graph.config), devices={node.name: node.device for node in graph.nodes}, seconds=seconds, runs=runs
    )
