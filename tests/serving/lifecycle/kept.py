"""Models that a watcher keeps up to date with a dictionary of sources."""

from __future__ import annotations

import asyncio
from typing import Any

from graphframe.images import ImageRequest
from graphframe.serving.lifecycle.loader import Loader
from graphframe.serving.lifecycle.model import State
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.lifecycle.source import ModelSource
from graphframe.serving.lifecycle.watcher import Watcher
from graphframe.serving.options import ServerOptions
from tests.serving import toys

BROKEN = toys.GRAPH.replace("Paint", "Broken")
OTHER = toys.GRAPH.replace('"paint"', '"repaint"')


class Kept:
    """The models of the dictionary `sources`, which tests change."""

    def __init__(self, sources: dict[str, ModelSource], **options: Any) -> None:
        self.sources = sources
        self.models = ServedModels([])
        given = ServerOptions(**options)
        self.loader = Loader(self.models, given.memory_budget_bytes, lazy=given.lazy_load, warm_up=given.warm_up)
        self.watcher = Watcher(self.models, self.loader, lambda: dict(self.sources), given)
        self.watcher.reload(force=False)

    def reload(self, force: bool = False) -> None:
        self.watcher.reload(force=force)

    def state(self, name: str) -> State:
        return self.models[name].state

    def failure(self, name: str = "toy") -> str:
        return self.models[name].failure

    def run(self, name: str = "toy") -> str:
        """Run a model, and return the name of the first node of its graph."""

        async def run() -> str:
            async with self.models.find_available(name).use() as served:
                assert len((await served.graph.run_async(REQUEST=ImageRequest("a cat")))["IMAGE"]) == 1
                return served.graph.nodes[0].name

        return asyncio.run(run())

    def loaded(self) -> list[str]:
        return [model.name for model in self.models if model.loaded]
