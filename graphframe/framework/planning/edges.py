"""Checks how the nodes of a graph are connected with each other, and puts them in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx

from graphframe.framework.config.sourced import SourcedNode
from graphframe.framework.errors import Problem, did_you_mean
from graphframe.framework.planning.interface import Interface
from graphframe.framework.planning.plan import Connection, NodePlan
from graphframe.framework.planning.wiring import UnknownCalculator
from graphframe.framework.port import ANY_TAG

_UNDECLARED = ": no node sends it, and the graph does not declare it"

Ends = Sequence[Sequence[Connection]]
"""For each node, its connections of one kind."""
Edge = tuple[int, int]
"""The indexes of two nodes, the first of which must work before the second."""


class Edges:
    """Connects the outputs of nodes, of one kind, with the inputs of others.

    Each name must have one producer, each input must have one, and types must agree.

    Parameters
    ----------
    nodes : sequence of NodePlan
    sourced : sequence of SourcedNode
        The same nodes, for messages.
    from_outside : Interface
        The graph's own inputs of this kind. The types that nodes take from them are noted there.
    problems : list of Problem
        Extended by those of the edges.
    """

    def __init__(
        self,
        nodes: Sequence[NodePlan],
        sourced: Sequence[SourcedNode],
        from_outside: Interface,
        problems: list[Problem],
    ) -> None:
        self._problems = problems
        self._nodes = nodes
        self._sourced = sourced
        self._outside = from_outside
        self._numbers = set(from_outside.numbers.values())
        self._producers: dict[int, tuple[int, Connection]] = {}

    def produce(self, field: str, outputs: Ends) -> None:
        """Note which node produces what."""
        for index, connections in enumerate(outputs):
            for connection in connections:
                number = connection.number
                if number in self._numbers:
                    self._produced_twice(index, field, connection, "the graph's own input")
                elif number in self._producers:
                    other = self._nodes[self._producers[number][0]].info.name
                    self._produced_twice(index, field, connection, f'node "{other}"')
                else:
                    self._producers[number] = index, connection

    def consume(self, field: str, inputs: Ends) -> list[Edge]:
        """Return the edges from producers to consumers, without back edges."""
        first: dict[int, str] = {}
        sent = _SentTypes(self._nodes, self._producers)
        edges = []
        for index, connections in enumerate(inputs):
            for connection in connections:
                number = connection.number
                if number in self._numbers:
                    self._narrow(index, field, connection, first)
                elif number not in self._producers:
                    self._unproduced(index, field, connection)
                else:
                    producer = self._producers[number][0]
                    taken = connection.port.type
                    sends = object if taken is object else sent[number]
                    if sends is not object and not issubclass(sends, taken):
                        name = self._nodes[producer].info.name
                        message = f'takes {taken.__name__}, but node "{name}" sends {sends.__name__}'
                        self._problem(index, field, connection, f'"{connection.spec}" {message}')
                    if not connection.back_edge:
                        edges.append((producer, index))
        return edges

    def _produced_twice(self, index: int, field: str, connection: Connection, other: str) -> None:
        self._problem(index, field, connection, f'"{connection.spec.name}" already comes from {other}')

    def _unproduced(self, index: int, field: str, connection: Connection) -> None:
        name = connection.spec.name
        names = {produced.spec.name for _, produced in self._producers.values()} | set(self._outside.numbers)
        hint = did_you_mean(name, names) or _UNDECLARED
        self._problem(index, field, connection, f'"{name}" has no producer{hint}')

    def _narrow(self, index: int, field: str, connection: Connection, first: dict[int, str]) -> None:
        """Note that an input of the graph must have the type that a node takes from it."""
        number, taken = connection.number, connection.port.type
        known = self._outside.types.get(number, object)
        if issubclass(taken, known):
            self._outside.types[number] = taken
            first[number] = self._nodes[index].info.name
        elif not issubclass(known, taken):
            message = f'takes {taken.__name__}, but node "{first[number]}" takes {known.__name__} from it'
            self._problem(index, field, connection, f'"{connection.spec}" {message}')

    def _problem(self, index: int, field: str, connection: Connection, message: str) -> None:
        self._problems.append(self._sourced[index].problem(f"{field} {message}", field, connection.position))


class _SentTypes:
    """The types of the values on streams; a node that only passes packets on has the type of those it receives."""

    def __init__(self, nodes: Sequence[NodePlan], producers: dict[int, tuple[int, Connection]]) -> None:
        self._nodes = nodes
        self._producers = producers
        self._known: dict[int, type[Any]] = {}

    def __getitem__(self, number: int) -> type[Any]:
        found: type[Any] = object
        at, seen = number, set[int]()
        while at in self._producers and at not in seen:
            seen.add(at)
            narrower, origin = self._known.get(at), None
            if narrower is None:
                narrower, origin = self._declared(at)
            if issubclass(narrower, found):
                found = narrower
            if origin is None:
                break
            at = origin
        self._known[number] = found
        return found

    def _declared(self, number: int) -> tuple[type[Any], int | None]:
        """Return the type of a stream's port, and the number of the stream whose packets it passes on, if any."""
        index, output = self._producers[number]
        port = output.port.same_as
        if port is None:
            return output.port.type, None
        for item in self._nodes[index].inputs:
            same_tag = port.tag != ANY_TAG or item.spec.tag == output.spec.tag
            if item.port is port and same_tag and item.spec.index == output.spec.index:
                return port.type, item.number
        return port.type, None


def execution_order(
    nodes: Sequence[NodePlan], sourced: Sequence[SourcedNode], edges: Sequence[Edge], problems: list[Problem]
) -> list[int]:
    """Return the indexes of the nodes so that producers come before consumers; add a problem for each cycle."""
    if all(producer < consumer for producer, consumer in edges):
        return list(range(len(nodes)))
    graph: nx.DiGraph[int] = nx.DiGraph(edges)
    graph.add_nodes_from(range(len(nodes)))
    loops = [loop for loop in nx.strongly_connected_components(graph) if len(loop) > 1 or graph.has_edge(*(*loop,) * 2)]
    for loop in loops:
        if any(nodes[index].calculator is UnknownCalculator for index in loop):
            continue  # it may be a subgraph with the back edge in it
        cycle = [edge[0] for edge in nx.find_cycle(graph.subgraph(loop))]
        first = cycle.index(min(cycle))
        cycle = [*cycle[first:], *cycle[: first + 1]]
        names = " > ".join(nodes[index].info.name for index in cycle)
        hint = "mark the edge that goes back with input_stream_info { back_edge: true }"
        problems.append(sourced[cycle[0]].problem(f"is on a cycle: {names}; {hint}"))
    return list(range(len(nodes))) if loops else list(nx.lexicographical_topological_sort(graph))
