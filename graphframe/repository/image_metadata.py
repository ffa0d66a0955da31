"""The text that files of images get from their graph."""

from __future__ import annotations

from graphframe.framework.graph import Graph
from graphframe.repository.speeds import graph_speed


def image_metadata(graph: Graph) -> dict[str, str]:
    """Return the digest of a graph and, unless it is ``"exact"``, its speed."""
    speed = graph_speed(graph)
    return {"graph": graph.digest} if speed == "exact" else {"graph": graph.digest, "speed": speed}
