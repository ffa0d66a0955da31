"""Subgraph expansion: a node whose calculator is the `type` of a graph is replaced by the nodes of that graph."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from graphframe.framework.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.config import SourcedConfig, SourcedNode
from graphframe.framework.errors import Problem, did_you_mean
from graphframe.framework.names import Spec, parse_specs, tag_index
from graphframe.framework.registry import find_subgraph

_LISTS = ("input_stream", "output_stream", "input_side_packet", "output_side_packet")
_FOR_SUBGRAPHS = {"name", "calculator", *_LISTS}


def expand(config: SourcedConfig) -> tuple[list[SourcedNode], list[Problem]]:
    """The nodes of `config` with all subgraphs replaced, and what is wrong with those.

    Streams and nodes of a subgraph get the prefix ``name__`` of the node that they replace; the streams at its
    interface are matched by tag and index.
    """
    problems = _same_names([node for node in config.nodes if find_subgraph(node.proto.calculator)])
    nodes = list(_expand(config.nodes, (), problems))
    return nodes, problems + _same_names(nodes)


def _same_names(nodes: Sequence[SourcedNode]) -> list[Problem]:
    """A problem for each node that has the name of an earlier one."""
    seen: Counter[str] = Counter()
    problems = []
    for node in nodes:
        seen[node.name] += 1
        if seen[node.name] > 1:
            problems.append(node.problem("another node has the same name", "name", 0))
    return problems


def _expand(nodes: Iterable[SourcedNode], within: tuple[str, ...], problems: list[Problem]) -> Iterable[SourcedNode]:
    for node in nodes:
        type_ = node.proto.calculator
        subgraph = find_subgraph(type_)
        if subgraph is None:
            yield node
        elif type_ in within:
            loop = " > ".join((*within[within.index(type_) :], type_))
            problems.append(node.problem(f"the subgraph contains itself: {loop}", "calculator", 0))
        else:
            yield from _expand(_body(node, subgraph, problems), (*within, type_), problems)


def _body(outer: SourcedNode, subgraph: SourcedConfig, problems: list[Problem]) -> list[SourcedNode]:
    problems += [
        outer.problem(f"{field.name} has no meaning for a node that is a subgraph", field.name, 0)
        for field, _ in outer.proto.ListFields()
        if field.name not in _FOR_SUBGRAPHS
    ]
    prefix = re.sub(r"[. :]", "_", outer.name.lower()) + "__"
    inner = {kind: _specs(subgraph, kind, problems) for kind in _LISTS}
    renamed = {kind: _interface(outer, subgraph, kind, inner[kind], problems) for kind in _LISTS}
    streams = {**renamed["input_stream"], **renamed["output_stream"]}
    side_packets = {**renamed["input_side_packet"], **renamed["output_side_packet"]}
    unconnected = {
        kind: {spec.name for spec in inner[kind] if spec is not None} - set(renamed[kind])
        for kind in ("input_stream", "input_side_packet")
    }
    body = []
    for node in subgraph.nodes:
        proto = CalculatorGraphConfig.Node()
        proto.CopyFrom(node.proto)
        for kind in _LISTS:
            names = streams if kind.endswith("stream") else side_packets
            del getattr(proto, kind)[:]
            for text in getattr(node.proto, kind):
                head, _, name = text.rpartition(":")
                if name not in unconnected.get(kind, ()):
                    getattr(proto, kind).append(f"{head}:" * bool(head) + names.get(name, prefix + name))
        body.append(SourcedNode(proto, prefix + node.name, node.source, node.lines, node.path))
    return body


def _specs(subgraph: SourcedConfig, kind: str, problems: list[Problem]) -> list[Spec | None]:
    specs, wrong = parse_specs(getattr(subgraph.proto, kind))
    problems += [subgraph.problem(f"{kind} {message}", kind, position) for position, message in wrong]
    return specs


def _interface(
    outer: SourcedNode, subgraph: SourcedConfig, kind: str, inner: Iterable[Spec | None], problems: list[Problem]
) -> dict[str, str]:
    """The outer name of each stream at the subgraph's interface that the outer node connects."""
    names = {tag_index(spec.tag, spec.index): spec.name for spec in inner if spec is not None}
    specs, wrong = parse_specs(getattr(outer.proto, kind))
    problems += [outer.problem(f"{kind} {message}", kind, position) for position, message in wrong]
    renamed = {}
    for position, spec in enumerate(specs):
        if spec is None:
            continue
        place = tag_index(spec.tag, spec.index)
        if place in names:
            renamed[names[place]] = spec.name
        else:
            known = f"{did_you_mean(place, names)}; it has: {', '.join(names) or 'none'}"
            message = f'the subgraph {subgraph.proto.type} has no {kind} "{place}" for "{spec}"{known}'
            problems.append(outer.problem(message, kind, position))
    return renamed
