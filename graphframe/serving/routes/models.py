"""``GET /models`` and ``/models/{id}``, as OpenAI's clients list models."""

from __future__ import annotations

import falcon.asgi

from graphframe.serving.api.responses import ModelInfo, ModelList
from graphframe.serving.lifecycle.model import ServedModel, State
from graphframe.serving.lifecycle.models import ServedModels


class ModelsResource:
    """The available models, with and without their LoRA adapters, and the configured aliases."""

    def __init__(self, models: ServedModels) -> None:
        self._models = models

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """List them."""
        available = (model for model in self._models if model.state is State.AVAILABLE)
        named = {name: model for model in available for name in model.names}
        aliased = {name: named[target] for name, target in self._models.aliases.items() if target in named}
        resp.media = ModelList(data=[_describe(name, model) for name, model in {**aliased, **named}.items()])

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Describe one, whose name may contain slashes. Without a name, list them."""
        if not name:
            await self.on_get(req, resp)
            return
        resp.media = _describe(name, self._models.find_available(name))


def _describe(name: str, model: ServedModel) -> ModelInfo:
    return ModelInfo(id=name, created=model.available_since)
