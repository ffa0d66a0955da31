"""From a config to a plan: reports everything that is wrong with a graph at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from graphframe.framework.config.registry import find_calculator
from graphframe.framework.config.sourced import SourcedConfig, SourcedNode
from graphframe.framework.config.subgraphs import expand
from graphframe.framework.errors import GraphConfigError, Problem, did_you_mean
from graphframe.framework.planning.edges import Edge, Edges, Ends, execution_order
from graphframe.framework.planning.executors import INLINE, declared_executors
from graphframe.framework.planning.interface import Interface, Interfaces, check_outputs, read_interfaces
from graphframe.framework.planning.nodes import FindCalculator, NodePlanner, find_or_stand_in
from graphframe.framework.planning.plan import NodePlan, Plan

_OBSOLETE = {
    "packet_factory": "give the side packet to the run",
    "packet_generator": "use a node that sets side packets",
    "status_handler": "use Run.add_done_callback",
}
"""Fields of MediaPipe's schema that have no meaning here, and what to do instead."""
_IN_ORDER = "InOrderOutputStreamHandler"
_MAX_QUEUE_SIZE = 100
"""MediaPipe's default."""


def validate(config: SourcedConfig, find: FindCalculator = find_calculator) -> Plan:
    """Check a config, and plan how to run it.

    Parameters
    ----------
    config : SourcedConfig
    find : callable, optional
        Returns a calculator by its name, or raises LookupError.

    Raises
    ------
    GraphConfigError
        With all problems, if there are any.
    """
    problems = [*config.problems]
    sourced, found = expand(config)
    executors, wrong = declared_executors(config)
    problems += [*found, *wrong, *_unusable_fields(config, sourced)]
    planner = NodePlanner(config, executors, find, problems)
    nodes = [planner.plan(index, node) for index, node in enumerate(sourced)]
    interfaces = read_interfaces(config, planner.streams, planner.side_packets, problems)
    interfaces, notes = _with_undeclared(sourced, nodes, interfaces, streams=find is find_or_stand_in)
    edges = _connect(config, sourced, nodes, interfaces, problems)
    order = execution_order(nodes, sourced, edges, problems)
    if problems:
        raise GraphConfigError(sorted(dict.fromkeys(problems), key=lambda problem: (problem.source, problem.line or 0)))
    nodes = _in_order(nodes, order, executors)
    return Plan(
        base=config.base,
        nodes=nodes,
        streams=list(planner.streams),
        side_packets=list(planner.side_packets),
        **interfaces._asdict(),
        notes=notes,
        executors=executors,
        max_queue_size=_max_queue_size(config, sourced),
        report_deadlock=config.proto.report_deadlock,
        untimed=_untimed(nodes),
    )


def _unusable_fields(config: SourcedConfig, sourced: Sequence[SourcedNode]) -> Iterator[Problem]:
    """Yield a problem for each field of MediaPipe's schema that graphframe cannot honour."""
    for field, instead in _OBSOLETE.items():
        if getattr(config.proto, field):
            yield config.problem(f"{field} is obsolete: {instead}", field, 0)
    places: list[SourcedConfig | SourcedNode] = [config, *sourced]
    for place in places:
        if place.proto.HasField("output_stream_handler"):
            handler = place.proto.output_stream_handler.output_stream_handler
            if handler not in ("", _IN_ORDER):
                message = f'the output stream handler "{handler}" is unknown; the only one is {_IN_ORDER}'
                yield place.problem(message, "output_stream_handler", 0)


def _with_undeclared(
    sourced: Sequence[SourcedNode], nodes: Sequence[NodePlan], declared: Interfaces, *, streams: bool
) -> tuple[Interfaces, list[Problem]]:
    """Add the side packets that nodes read, but no node sets and the graph does not declare; and note them.

    They are inputs of the graph, by their names. In a graph that is only checked or viewed, its `streams` are, too.
    """
    sides = [node.side_inputs for node in nodes]
    names, notes = _undeclared(
        "input_side_packet",
        sourced,
        sides,
        declared.side_inputs,
        {spec.name for node in nodes for spec in node.info.side_outputs},
    )
    found = declared._replace(side_inputs=declared.side_inputs.including(names))
    if streams:
        inputs = [node.inputs for node in nodes]
        sent = {spec.name for node in nodes for spec in node.info.outputs}
        names, more = _undeclared("input_stream", sourced, inputs, declared.inputs, sent)
        found, notes = found._replace(inputs=declared.inputs.including(names)), notes + more
    return found, notes


def _undeclared(
    field: str, sourced: Sequence[SourcedNode], inputs: Ends, declared: Interface, produced: set[str]
) -> tuple[dict[str, int], list[Problem]]:
    """Return the numbers of the inputs of nodes that have no producer, by name, and a note for each."""
    known = produced.union(declared.numbers)
    found: dict[str, int] = {}
    notes = []
    for node, items in zip(sourced, inputs, strict=True):
        for item in items:
            name = item.spec.name
            if name not in known:
                found[name] = item.number
                message = f'{field} "{name}" is an input of the graph, which does not declare it'
                notes.append(node.problem(message + did_you_mean(name, known), field, item.position))
    return found, notes


def _connect(
    config: SourcedConfig,
    sourced: Sequence[SourcedNode],
    nodes: Sequence[NodePlan],
    interfaces: Interfaces,
    problems: list[Problem],
) -> list[Edge]:
    """Return the edges between nodes, and check that every input, also of the graph, has one producer."""
    proto = config.proto
    streams = Edges(nodes, sourced, interfaces.inputs, problems)
    streams.produce("output_stream", [node.outputs for node in nodes])
    edges = streams.consume("input_stream", [node.inputs for node in nodes])
    if proto.output_stream:
        produced = {spec.name for node in nodes for spec in node.info.outputs} | set(interfaces.inputs.numbers)
        check_outputs(config, "output_stream", proto.output_stream[:], interfaces.outputs, produced, problems)
    side_packets = Edges(nodes, sourced, interfaces.side_inputs, problems)
    side_packets.produce("output_side_packet", [node.side_outputs for node in nodes])
    edges += side_packets.consume("input_side_packet", [node.side_inputs for node in nodes])
    if proto.output_side_packet:
        produced = {spec.name for node in nodes for spec in node.info.side_outputs}
        produced |= set(interfaces.side_inputs.numbers)
        texts = proto.output_side_packet[:]
        check_outputs(config, "output_side_packet", texts, interfaces.side_outputs, produced, problems)
    return edges


def _in_order(nodes: Sequence[NodePlan], order: Sequence[int], executors: dict[str, int]) -> list[NodePlan]:
    """Return the nodes in execution order, with their indexes and priorities."""
    ordered = [nodes[index] for index in order]
    for index, node in enumerate(ordered):
        if node.info.index != index:
            node.info = replace(node.info, index=index)
        runs_elsewhere = executors[node.executor] != INLINE
        node.priority = -index - len(nodes) * runs_elsewhere
    return ordered


def _max_queue_size(config: SourcedConfig, sourced: Sequence[SourcedNode]) -> int:
    size: int = config.proto.max_queue_size or _MAX_QUEUE_SIZE
    hints = [node.proto.buffer_size_hint for node in sourced]
    return size if size < 0 else max(size, *hints, 1)


def _untimed(nodes: Sequence[NodePlan]) -> list[int]:
    """Return the streams that are only read by nodes whose policies ignore the order of timestamps."""
    if all(node.input_policy.timed for node in nodes):
        return []
    timed: dict[int, bool] = {}
    for node in nodes:
        for connection in node.inputs:
            timed[connection.number] = timed.get(connection.number, False) or node.input_policy.timed
    return [number for number, is_timed in timed.items() if not is_timed]
