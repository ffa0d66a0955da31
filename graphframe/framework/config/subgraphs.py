"""Subgraph expansion: a node whose calculator is the `type` of a graph is replaced by the nodes of that graph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from graphframe.framework.config.node_options import written_options
from graphframe.framework.config.option_values import apply_option_values
from graphframe.framework.config.reading import SourcedConfig, SourcedNode
from graphframe.framework.config.registry import find_subgraph, full_name, is_subgraph, subgraph_of
from graphframe.framework.config.specs import Spec, parse_specs, tag_index
from graphframe.framework.errors import GraphConfigError, Problem, did_you_mean
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

_LISTS: Final = ("input_stream", "output_stream", "input_side_packet", "output_side_packet")
_FOR_SUBGRAPHS = {"name", "calculator", "options", "node_options", *_LISTS}
_NOT_FOR_SUBGRAPHS = {
    "input_stream_handler": "give it to its nodes",
    "packet_factory": "give the side packet to the run",
    "packet_generator": "use a node that sets side packets",
    "status_handler": "use Run.add_done_callback",
}
"""What MediaPipe ignores in a subgraph though it changes results, and what to do; the other such fields only tune."""
_MOST_WITHIN_ITSELF = 20
"""How often a subgraph that a function makes may be within one of its type."""


def expand(config: SourcedConfig) -> tuple[list[SourcedNode], list[Problem]]:
    """The nodes of `config` with all subgraphs replaced, and what is wrong with those.

    Streams and nodes of a subgraph get the prefix ``name__`` of the node that they replace; the streams at its
    interface are matched by tag and index. Calculators have the names by which the registry knows them, and
    `option_value`s are carried out.
    """
    expansion = _Expansion([], set())
    outermost = _prepared(config, config.proto.package, None, expansion.problems)
    subgraphs = [node for node in outermost if is_subgraph(node.proto.calculator)]
    if not subgraphs:
        return outermost, expansion.problems + _same_names(outermost)
    expansion.problems += _same_names(subgraphs)
    nodes = list(expansion.expanded(outermost, config.proto.package, ()))
    return nodes, expansion.problems + _same_names(nodes)


def _prepared(
    config: SourcedConfig, package: str, outer: SourcedNode | None, problems: list[Problem]
) -> list[SourcedNode]:
    """The nodes of a graph that comes in place of `outer`, without what has been said elsewhere in it."""
    graph = CalculatorGraphConfig()
    graph.CopyFrom(config.proto)
    nodes = config._replace(proto=graph, base=config.base if outer is None else outer.base).nodes
    for node in nodes:
        if package:
            node.proto.calculator = full_name(node.proto.calculator, package)
        if node.proto.external_input:
            node.proto.input_side_packet.extend(node.proto.external_input)
            node.proto.ClearField("external_input")
    problems += apply_option_values(config, outer, nodes)
    return nodes


def _same_names(nodes: Sequence[SourcedNode]) -> list[Problem]:
    """A problem for each node that has the name of an earlier one."""
    seen: set[str] = set()
    problems = []
    for node in nodes:
        if node.name in seen:
            problems.append(node.problem("another node has the same name", "name", 0))
        seen.add(node.name)
    return problems


@dataclass
class _Expansion:
    """What is wrong so far, and the subgraphs that contain themselves without an end."""

    problems: list[Problem]
    endless: set[str]

    def expanded(self, nodes: Iterable[SourcedNode], package: str, within: tuple[str, ...]) -> Iterator[SourcedNode]:
        """The nodes, of a graph of that package, with those of the subgraphs among them, which are `within` others."""
        for node in nodes:
            type_ = node.proto.calculator
            if not is_subgraph(type_):
                yield node
                continue
            if not self._has_end(node, within):
                continue
            try:
                subgraph = subgraph_of(node)
            except GraphConfigError as error:
                self.problems += error.problems
                yield _unmade(node)
                continue
            self.problems += _misplaced(node, subgraph)
            # What a function makes is of the package of the graph that asks for it, unless it says otherwise.
            inner = subgraph.proto.package or ("" if find_subgraph(type_) else package)
            yield from self.expanded(_body(node, subgraph, inner, self.problems), inner, (*within, type_))

    def _has_end(self, node: SourcedNode, within: tuple[str, ...]) -> bool:
        """Whether a subgraph may be expanded. A function may make something else within itself, which has an end."""
        type_ = node.proto.calculator
        if type_ in self.endless:
            return False
        is_function = find_subgraph(type_) is None
        if type_ not in within or (is_function and within.count(type_) < _MOST_WITHIN_ITSELF):
            return True
        loop = within[len(within) - 1 - within[::-1].index(type_) :]
        message = f"the subgraph contains itself: {' > '.join((*loop, type_))}"
        self.problems.append(node.problem(message, "calculator", 0))
        if is_function:
            self.endless.update(loop)
        return False


def _unmade(node: SourcedNode) -> SourcedNode:
    """A subgraph that could not be made, which stands for what would send its outputs."""
    proto = CalculatorGraphConfig.Node()
    proto.CopyFrom(node.proto)
    proto.ClearField("input_stream")
    proto.ClearField("input_side_packet")
    return node._replace(proto=proto)


def _misplaced(outer: SourcedNode, subgraph: SourcedConfig) -> Iterable[Problem]:
    """What is said of a subgraph, or in it, to no effect, or to another one than is meant."""
    for field, _ in outer.proto.ListFields():
        if field.name not in _FOR_SUBGRAPHS:
            yield outer.problem(f"{field.name} has no meaning for a node that is a subgraph", field.name, 0)
    for name, instead in _NOT_FOR_SUBGRAPHS.items():
        if name in {field.name for field, _ in subgraph.proto.ListFields()}:
            yield subgraph.problem(f"{name} has no effect in a subgraph: {instead}", name, 0)
    if find_subgraph(outer.proto.calculator):
        taken = written_options(subgraph, "graph_options")[0]
        for type_, written in written_options(outer, "node_options")[0].items():
            if type_ not in taken:
                declared = f"{', '.join(taken) or 'none'} (a graph names them by its graph_options)"
                message = f"the subgraph {outer.proto.calculator} takes no options {type_}; it takes: {declared}"
                yield outer.problem(message, written.field, written.position)
    for kind in ("output_stream", "output_side_packet"):
        produced = {text.rpartition(":")[2] for node in subgraph.proto.node for text in getattr(node, kind)}
        for position, text in enumerate(getattr(subgraph.proto, kind)):
            if text.rpartition(":")[2] not in produced:
                yield subgraph.problem(f'{kind} "{text}" comes from no node of the subgraph', kind, position)


def _body(outer: SourcedNode, subgraph: SourcedConfig, package: str, problems: list[Problem]) -> list[SourcedNode]:
    prefix = re.sub(r"[. :]", "_", outer.name.lower()) + "__"
    inner = {kind: _specs(subgraph, kind, problems) for kind in _LISTS}
    renamed = {kind: _interface(outer, subgraph, kind, inner[kind], problems) for kind in _LISTS}
    streams = {**renamed["input_stream"], **renamed["output_stream"]}
    side_packets = {**renamed["input_side_packet"], **renamed["output_side_packet"]}
    unconnected = {
        kind: {spec.name for spec in inner[kind] if spec is not None} - set(renamed[kind])
        for kind in ("input_stream", "input_side_packet")
    }
    body = _prepared(subgraph, package, outer, problems)
    for node in body:
        for kind in _LISTS:
            names = streams if kind.endswith("stream") else side_packets
            texts = list(getattr(node.proto, kind))
            node.proto.ClearField(kind)
            for text in texts:
                head, _, name = text.rpartition(":")
                if name not in unconnected.get(kind, ()):
                    getattr(node.proto, kind).append(f"{head}:" * bool(head) + names.get(name, prefix + name))
    return [node._replace(name=prefix + node.name) for node in body]


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
