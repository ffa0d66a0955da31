"""Subgraph expansion: a node whose calculator is the `type` of a graph is replaced by the nodes of that graph."""

from __future__ import annotations

import re
from collections.abc import Iterable

from graphframe.framework.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.config import SourcedConfig, SourcedNode
from graphframe.framework.errors import Problem, did_you_mean
from graphframe.framework.names import Spec, parse_specs, tag_index
from graphframe.framework.registry import find_subgraph

_LISTS = ("input_stream", "output_stream", "input_side_packet", "output_side_packet")
_CALCULATOR_ONLY = (
    "source_layer",
    "buffer_size_hint",
    "output_stream_handler",
    "input_stream_info",
    "device",
)


def expand(config: SourcedConfig) -> tuple[list[SourcedNode], list[Problem]]:
    """The nodes of `config` with all subgraphs replaced, and what is wrong with those.

    Streams and nodes of a subgraph get the prefix ``name__`` of the node that they replace; the streams at its
    interface are matched by tag and index.
    """
    problems: list[Problem] = []
    return list(_expand(config.nodes, (), problems)), problems


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
        outer.problem(f"{name} has no meaning for a subgraph", name, 0)
        for name in _CALCULATOR_ONLY
        if getattr(outer.proto, name)
    ]
    prefix = re.sub(r"[. :]", "_", outer.title.lower()) + "__"
    renamed = {name: _interface(outer, subgraph, name, problems) for name in _LISTS}
    streams = {**renamed["input_stream"], **renamed["output_stream"]}
    side_packets = {**renamed["input_side_packet"], **renamed["output_side_packet"]}
    unconnected = {
        kind: {spec.name for spec in _specs(getattr(subgraph.proto, kind))} - set(renamed[kind])
        for kind in ("input_stream", "input_side_packet")
    }
    body = []
    for node in subgraph.nodes:
        proto = CalculatorGraphConfig.Node()
        proto.CopyFrom(node.proto)
        proto.name = prefix + node.title
        for kind in _LISTS:
            names = streams if kind.endswith("stream") else side_packets
            del getattr(proto, kind)[:]
            for text in getattr(node.proto, kind):
                head, _, name = text.rpartition(":")
                if name not in unconnected.get(kind, ()):
                    getattr(proto, kind).append(f"{head}:" * bool(head) + names.get(name, prefix + name))
        body.append(SourcedNode(proto, node.source, node.lines, node.path))
    return body


def _interface(outer: SourcedNode, subgraph: SourcedConfig, kind: str, problems: list[Problem]) -> dict[str, str]:
    """The outer name of each stream at the subgraph's interface that the outer node connects."""
    inner = {(spec.tag, spec.index): spec.name for spec in _specs(getattr(subgraph.proto, kind))}
    renamed = {}
    for position, text in enumerate(getattr(outer.proto, kind)):
        for spec in _specs([text]) if ":" in text else [Spec("", _untagged(outer, kind, position), text)]:
            name = inner.get((spec.tag, spec.index))
            if name is None:
                place = tag_index(spec.tag, spec.index)
                known = [tag_index(*key) for key in inner]
                message = f'the subgraph {subgraph.proto.type} has no {kind} "{place}"{did_you_mean(place, known)}'
                problems.append(outer.problem(f"{message}; it has: {', '.join(known)}", kind, position))
            else:
                renamed[name] = spec.name
    return renamed


def _untagged(outer: SourcedNode, kind: str, position: int) -> int:
    return sum(":" not in text for text in list(getattr(outer.proto, kind))[:position])


def _specs(texts: Iterable[str]) -> list[Spec]:
    return [spec for spec in parse_specs(texts)[0] if spec is not None]
