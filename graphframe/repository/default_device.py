"""The device of a model whose graph leaves the choice to the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphframe.framework.graph import Graph

if TYPE_CHECKING:
    from graphframe.inference.default_device import ChosenDevice


def on_default_device(graph: Graph) -> tuple[Graph, ChosenDevice | None]:
    """Return a graph, not loaded, whose nodes on ``"DEFAULT"`` are on a device that is chosen now.

    A server must not call it before gunicorn forks: OpenVINO's threads do not survive that.

    Returns
    -------
    Graph
        The same one if no node is on ``"DEFAULT"``.
    ChosenDevice or None
        None if none was chosen.
    """
    from graphframe.inference.default_device import choose_device  # which imports OpenVINO; --help should not
    from graphframe.inference.device import DEFAULT, normalise

    names = {node.device for node in graph.nodes if normalise(node.device) == DEFAULT}
    if not names:
        return graph, None
    chosen = choose_device()
    return graph.with_devices(dict.fromkeys(names, chosen.device)), chosen
