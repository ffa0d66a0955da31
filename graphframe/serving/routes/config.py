"""``GET /v1/config`` and ``POST /v1/config/reload``: the state of every model, in OpenVINO Model Server's shape."""

from __future__ import annotations

import asyncio

import falcon.asgi

from graphframe.repository.config_file import ConfigFileError
from graphframe.serving.api.responses import LoadStatus, ModelStatus, NodeStatus, VersionStatus
from graphframe.serving.errors import NO_RETRY, APIError
from graphframe.serving.lifecycle.model import ServedModel, ServedModels, State
from graphframe.serving.lifecycle.registry import Registry


class Config:
    """What is served, whether it loaded, on which devices its nodes run and, if asked, what they take."""

    def __init__(self, models: ServedModels, registry: Registry) -> None:
        self._models = models
        self._registry = registry
        self._turn = asyncio.Lock()

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Describe all models, those that failed too."""
        verbose = req.get_param_as_bool("verbose", default=False, blank_as_true=True)
        resp.media = {model.name: _describe(model, verbose) for model in self._models}

    async def on_post_reload(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Load what has changed and what failed before, and describe all then."""
        try:
            async with self._turn:  # or those who wait would take all threads, of which cancelling a run needs one
                await asyncio.to_thread(self._registry.reload, force=True)
        except ConfigFileError as error:
            raise APIError(412, str(error), code="invalid_config", headers=NO_RETRY) from error
        await self.on_get(req, resp)


def _describe(model: ServedModel, verbose: bool) -> ModelStatus:
    state = model.state
    # NOTE: what failed to load stays LOADING there, and the error code tells.
    status = VersionStatus(
        version="1",
        state="LOADING" if state is State.FAILED else state.value,
        status=LoadStatus(
            error_code="FAILED_PRECONDITION" if model.failure else "OK",
            error_message=model.failure or (state is State.LOADING and model.source.progress()) or "OK",
        ),
    )
    version = model.version
    if version is None:
        return ModelStatus(model_version_status=[status], nodes=[])
    nodes = [
        NodeStatus(
            name=node.name,
            calculator=node.calculator,
            device=node.device,
            weights_bytes=version.weights.get(node.name, 0) if verbose else None,
        )
        for node in version.graph.nodes
    ]
    if not verbose:
        return ModelStatus(model_version_status=[status], nodes=nodes)
    return ModelStatus(
        model_version_status=[status],
        nodes=nodes,
        loaded=version.loaded,
        weights_bytes=version.weights_bytes,
        resident_bytes=version.resident_bytes,
    )
