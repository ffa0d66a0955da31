"""``GET /metrics``, for Prometheus."""

from __future__ import annotations

import falcon.asgi
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from graphframe.serving.observation.metrics import Metrics


class MetricsResource:
    """The metrics of the server."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer in Prometheus' text format."""
        resp.data = self._metrics.text()
        resp.content_type = CONTENT_TYPE_LATEST
