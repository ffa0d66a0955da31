"""The run that a graph does before its model is served."""

from __future__ import annotations

import logging

from graphframe.framework.errors import GraphError
from graphframe.framework.graph import Graph
from graphframe.images import ImageRequest, InvalidRequest

_log = logging.getLogger(__name__)


def run_warm_up(graph: Graph) -> None:
    """Generate an image of the default size in one step, so that the first client waits for no lazy initialisation.

    A graph that refuses the request, since it needs an image for example, is left as it is.

    Raises
    ------
    GraphError
        If the run fails.
    """
    try:
        graph.run(REQUEST=ImageRequest("", num_inference_steps=1))
    except GraphError as error:
        if not isinstance(error.__cause__, InvalidRequest):
            raise GraphError(f"warm-up failed: {error}") from error
        _log.debug("not warmed up: %s", error)
