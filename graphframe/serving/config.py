"""``GET /v1/config``: the state of every servable, in OpenVINO Model Server's shape."""

from __future__ import annotations

import falcon.asgi

from graphframe.serving.api.responses import LoadStatus, NodeDevice, ServableStatus, VersionStatus
from graphframe.serving.servable import Servable, Servables, State


class Config:
    """What is served, whether it loaded, and on which devices its nodes run."""

    def __init__(self, servables: Servables) -> None:
        self._servables = servables

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Describe all servables, those that failed too."""
        resp.media = {servable.name: _describe(servable) for servable in self._servables}


def _describe(servable: Servable) -> ServableStatus:
    failed = servable.state is State.FAILED
    # NOTE: what failed to load stays LOADING there, and the error code tells.
    version = VersionStatus(
        version="1",
        state="LOADING" if failed else servable.state.value,
        status=LoadStatus(
            error_code="FAILED_PRECONDITION" if failed else "OK", error_message=servable.failure if failed else "OK"
        ),
    )
    nodes = [
        NodeDevice(name=node.name, calculator=node.calculator.__name__, device=node.device)
        for node in servable.graph.nodes
    ]
    return ServableStatus(model_version_status=[version], nodes=nodes)
