"""``GET /v1/config`` and ``POST /v1/config/reload``: the state of all models, in OpenVINO Model Server's form."""

from __future__ import annotations

import asyncio
import logging

import falcon.asgi

from graphframe.repository.config_file import ConfigFileError
from graphframe.repository.speeds import node_speed
from graphframe.serving.api.responses import AdapterStatus, LoadStatus, ModelStatus, NodeStatus, VersionStatus
from graphframe.serving.errors import NO_RETRY, APIError
from graphframe.serving.lifecycle.model import ServedModel, State
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.lifecycle.watcher import Watcher

_FAILED = "the model could not be loaded; the log has the reason"
_INVALID = "nothing is reloaded: the config is invalid; the log has the reason"
"""The texts for clients without a key, and for all if the server has no keys: a reason has paths of the server."""

_log = logging.getLogger(__name__)


class ConfigResource:
    """The models, whether they are loaded, the devices of their nodes and, if asked, their memory."""

    def __init__(self, models: ServedModels, watcher: Watcher) -> None:
        self._models = models
        self._watcher = watcher
        self._turn = asyncio.Lock()

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Describe all models, also those that failed."""
        verbose = req.get_param_as_bool("verbose", default=False, blank_as_true=True)
        resp.media = {model.name: _describe(model, verbose, _is_trusted(req)) for model in self._models}

    async def on_post_reload(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Load models that changed or failed, and then describe all."""
        try:
            async with self._turn:  # NOTE: waiting reloads would take all threads, and cancelling a run needs one
                await asyncio.to_thread(self._watcher.reload, force=True)
        except ConfigFileError as error:
            _log.error("%s: nothing is reloaded: %s", req.context.id, error)
            message = str(error) if _is_trusted(req) else _INVALID
            raise APIError(412, message, code="invalid_config", headers=NO_RETRY) from error
        await self.on_get(req, resp)


def _is_trusted(req: falcon.asgi.Request) -> bool:
    return bool(req.context.get("has_key", False))


def _describe(model: ServedModel, verbose: bool, trusted: bool) -> ModelStatus:
    # NOTE: in OpenVINO Model Server, a model that failed to load stays LOADING, and the error code distinguishes it.
    loading = model.state is State.LOADING
    status = VersionStatus(
        version="1",
        state="LOADING" if model.state is State.FAILED else model.state.value,
        status=LoadStatus(
            error_code="FAILED_PRECONDITION" if model.failure else "OK",
            error_message=(model.failure if trusted else model.failure and _FAILED)
            or (loading and model.source.progress())
            or "OK",
        ),
    )
    served = model.graph
    if served is None:
        return ModelStatus(model_version_status=[status], nodes=[])
    footprint = served.footprint
    weights = footprint.weights if footprint else {}
    nodes = [
        NodeStatus(
            name=node.name,
            calculator=node.calculator,
            device=node.device,
            speed=node_speed(node),
            weights_bytes=weights.get(node.name, 0) if verbose else None,
        )
        for node in served.graph.nodes
    ]
    adapters = [
        AdapterStatus(alias=alias, applied=each.applied, pairs=each.pairs)
        for alias, each in model.adapters_found.items()
    ]
    if not verbose:
        return ModelStatus(model_version_status=[status], nodes=nodes, adapters=adapters)
    return ModelStatus(
        model_version_status=[status],
        nodes=nodes,
        adapters=adapters,
        loaded=footprint is not None,
        weights_bytes=footprint.weights_bytes if footprint else 0,
        resident_bytes=footprint.resident_bytes if footprint else 0,
    )
