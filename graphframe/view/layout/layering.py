"""The layer of each item: below all its producers, and as close to its consumers as that allows."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

from graphframe.view.layout.items import Edge, Item, Pin


def assign_layers(items: Sequence[Item], edges: Sequence[Edge]) -> None:
    """Set the layer of each item, from 0 on without gaps. Edges go down, except back edges and those of cycles."""
    graph: nx.DiGraph[Item] = nx.DiGraph()
    graph.add_nodes_from(items)
    graph.add_edges_from((edge.tail.item, edge.head.item) for edge in edges if not edge.is_back)
    graph.remove_edges_from(_closing_edges(graph))
    order = list(nx.topological_sort(graph))
    for item in order:
        item.layer = max([item.earliest, *(before.layer + 1 for before in graph.predecessors(item))])
    last = max(item.layer for item in items)
    if any(item.pin is Pin.LAST for item in items):
        last += any(item.layer == last and item.pin is not Pin.LAST for item in items)
    for item in reversed(order):
        if item.pin is Pin.LAST:
            item.layer = last
        elif item.pin is None and graph.out_degree(item) > graph.in_degree(item):
            item.layer = min(after.layer for after in graph.successors(item)) - 1
    used = {layer: number for number, layer in enumerate(sorted({item.layer for item in items}))}
    for item in items:
        item.layer = used[item.layer]


def _closing_edges(graph: nx.DiGraph[Item]) -> list[tuple[Item, Item]]:
    """Return edges whose removal opens all cycles: those that go back in the order of the items."""
    position = {item: number for number, item in enumerate(graph)}
    cycle = {item: number for number, members in enumerate(nx.strongly_connected_components(graph)) for item in members}
    return [
        (tail, head) for tail, head in graph.edges if cycle[tail] == cycle[head] and position[head] <= position[tail]
    ]
