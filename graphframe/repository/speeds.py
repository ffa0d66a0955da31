"""The speeds of a graph's nodes."""

from __future__ import annotations

from graphframe.framework.graph import Graph
from graphframe.framework.node_info import NodeInfo
from graphframe.speed import Speed, speed_of

_WITH_SPEED = {"DenoiseCalculator", "VaeDecodeCalculator"}
"""The calculators with an option `speed`."""


def node_speed(node: NodeInfo) -> Speed | None:
    """Return the speed of a node; None if its calculator has none."""
    if node.calculator not in _WITH_SPEED:
        return None
    return speed_of(next((each.speed for each in node.options.values() if hasattr(each, "speed")), ""))


def graph_speed(graph: Graph) -> Speed:
    """Return ``"exact"`` if all nodes are."""
    return "balanced" if "balanced" in map(node_speed, graph.nodes) else "exact"
