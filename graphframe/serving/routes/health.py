"""KServe's health and readiness, as OpenVINO Model Server answers them."""

from __future__ import annotations

import falcon.asgi

from graphframe import __version__
from graphframe.serving.api.responses import ModelMetadata, ServerInfo
from graphframe.serving.errors import APIError
from graphframe.serving.lifecycle.drain import Drain, shutting_down
from graphframe.serving.lifecycle.model import LOADING_RETRY, State
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.observation.exchange import EXCHANGE


class HealthResource:
    """Whether the server runs, whether it is ready, and whether one model is, with its description."""

    def __init__(self, models: ServedModels, drain: Drain) -> None:
        self._models = models
        self._drain = drain
        self._was_ready = False

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer with the server's name and version."""
        resp.media = ServerInfo(name="graphframe", version=__version__)

    async def on_get_live(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer with 200."""

    async def on_get_ready(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer with 200 once all models were tried and one is available, until the server shuts down.

        Others may be loading later.
        """
        if self._drain.announced:
            raise shutting_down()
        states = [model.state for model in self._models if not model.ended]
        if State.LOADING in states and not self._was_ready:
            raise APIError(503, "models are still loading", code="not_ready", headers=LOADING_RETRY)
        if states and State.AVAILABLE not in states:
            raise APIError(503, "no model could be loaded; the log has the reasons", code="not_ready")
        self._was_ready = True

    async def on_get_model(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, rest: str) -> None:
        """Describe a model or, if the path ends in ``/ready``, answer with 200 if it is available.

        The path starts with the name of the model, which may contain slashes, and perhaps a version.
        """
        of_model = rest.removesuffix("/ready")
        name = of_model.removesuffix("/versions/1")
        model = self._models.find(name)
        EXCHANGE.get().model = model.name
        if of_model == rest:
            model.check_available()
            resp.media = ModelMetadata(name=model.name)
        elif self._drain.announced:
            raise shutting_down()
        elif model.state is not State.AVAILABLE:
            raise APIError(404, f'the model "{name}" is not ready', param="model", code="model_not_ready")
