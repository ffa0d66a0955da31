"""Subgraph expansion: a node whose calculator is the `type` of a graph is replaced by the nodes of that graph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphframe.framework.config.options.node_options import written_options
from graphframe.framework.config.options.option_values import apply_option_values
from graphframe.framework.config.registry import find_subgraph, full_name, is_subgraph, subgraph_of
from graphframe.framework.config.sourced import SourcedConfig, SourcedNode
from graphframe.framework.config.specs import CONNECTIONS, Spec, parse_specs, tag_index
from graphframe.framework.errors import GraphConfigError, Problem, did_you_mean
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

_FIELDS_OF_SUBGRAPH_NODES: Final = {"name", "calculator", "options", "node_options", *CONNECTIONS}
_FIELDS_WITHOUT_EFFECT: Final = {
    "input_stream_handler": "give it to its nodes",
    "packet_factory": "give the side packet to the run",
    "packet_generator": "use a node that sets side packets",
    "status_handler": "use Run.add_done_callback",
}
"""Fields that MediaPipe ignores in a subgraph though they change results, and what to do instead.

Other ignored fields, such as `max_queue_size`, only tune the run.
"""
_MOST_WITHIN_ITSELF = 20
"""The depth to which a function's subgraph may contain itself."""


def expand(config: SourcedConfig) -> tuple[list[SourcedNode], list[Problem]]:
    """Return the nodes of `config` with all subgraphs replaced, and the problems of these.

    Streams and nodes of a subgraph get the prefix ``name__`` of the node that they replace; the streams at its
    interface are matched by tag and index. Calculators get their full names in the registry, and `option_value`s are
    applied.
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
    """Return copies of the nodes of a graph that replaces `outer`: with full names, and options from the graph's."""
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
    """Return a problem for each node that has the name of an earlier one."""
    seen: set[str] = set()
    problems = []
    for node in nodes:
        if node.name in seen:
            problems.append(node.problem("another node has the same name", "name", 0))
        seen.add(node.name)
    return problems


@dataclass
class _Expansion:
    """An expansion under way.

    Attributes
    ----------
    problems : list of Problem
    endless : set of str
        The types of subgraphs that contain themselves without end.
    """

    problems: list[Problem]
    endless: set[str]

    def expanded(self, nodes: Iterable[SourcedNode], package: str, within: tuple[str, ...]) -> Iterator[SourcedNode]:
        """Yield the nodes of a graph of `package` and those of its subgraphs; `within` are the types around it."""
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
                yield _without_inputs(node)
                continue
            self.problems += [
                *_fields_without_meaning(node),
                *_fields_without_effect(subgraph),
                *_unknown_options(node, subgraph),
                *_outputs_without_producer(subgraph),
            ]
            # The graph of a function belongs to the package of the graph that uses it, unless it says otherwise.
            inner = subgraph.proto.package or ("" if find_subgraph(type_) else package)
            yield from self.expanded(_inlined(node, subgraph, inner, self.problems), inner, (*within, type_))

    def _has_end(self, node: SourcedNode, within: tuple[str, ...]) -> bool:
        """Return whether a subgraph may be expanded: one in a file not within itself, a function's to some depth."""
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


def _without_inputs(node: SourcedNode) -> SourcedNode:
    """Return a stand-in for a subgraph whose function failed, so that its outputs have a producer."""
    proto = CalculatorGraphConfig.Node()
    proto.CopyFrom(node.proto)
    proto.ClearField("input_stream")
    proto.ClearField("input_side_packet")
    return node._replace(proto=proto)


def _fields_without_meaning(outer: SourcedNode) -> Iterator[Problem]:
    for field, _ in outer.proto.ListFields():
        if field.name not in _FIELDS_OF_SUBGRAPH_NODES:
            yield outer.problem(f"{field.name} has no meaning for a node that is a subgraph", field.name, 0)


def _fields_without_effect(subgraph: SourcedConfig) -> Iterator[Problem]:
    set_fields = {field.name for field, _ in subgraph.proto.ListFields()}
    for name, instead in _FIELDS_WITHOUT_EFFECT.items():
        if name in set_fields:
            yield subgraph.problem(f"{name} has no effect in a subgraph: {instead}", name, 0)


def _unknown_options(outer: SourcedNode, subgraph: SourcedConfig) -> Iterator[Problem]:
    """Yield a problem for each type of options that a subgraph in a file does not have in its `graph_options`."""
    if find_subgraph(outer.proto.calculator) is None:
        return  # a function declares its options, and they have been checked
    taken = written_options(subgraph, "graph_options")[0]
    for type_, written in written_options(outer, "node_options")[0].items():
        if type_ not in taken:
            known = f"{', '.join(taken) or 'none'} (a graph names them by its graph_options)"
            message = f"the subgraph {outer.proto.calculator} takes no options {type_}; it takes: {known}"
            yield outer.problem(message, written.field, written.position)


def _outputs_without_producer(subgraph: SourcedConfig) -> Iterator[Problem]:
    for field in ("output_stream", "output_side_packet"):
        produced = {_name(text) for node in subgraph.proto.node for text in getattr(node, field)}
        for position, text in enumerate(getattr(subgraph.proto, field)):
            if _name(text) not in produced:
                yield subgraph.problem(f'{field} "{text}" comes from no node of the subgraph', field, position)


def _name(spec: str) -> str:
    return spec.rpartition(":")[2]


def _inlined(outer: SourcedNode, subgraph: SourcedConfig, package: str, problems: list[Problem]) -> list[SourcedNode]:
    """Return the nodes of a subgraph, with the names that they have in the graph of `outer`."""
    names = _Names(outer, subgraph, problems)
    nodes = _prepared(subgraph, package, outer, problems)
    for node in nodes:
        for field in CONNECTIONS:
            specs = [names.outer_spec(field, text) for text in getattr(node.proto, field)]
            node.proto.ClearField(field)
            getattr(node.proto, field).extend(filter(None, specs))
    return [node._replace(name=names.prefix + node.name) for node in nodes]


class _Names:
    """The names that the streams and side packets of a subgraph have in the graph of the node that it replaces.

    Attributes
    ----------
    prefix : str
        The prefix of all names that are not at the interface.
    """

    def __init__(self, outer: SourcedNode, subgraph: SourcedConfig, problems: list[Problem]) -> None:
        self.prefix = re.sub(r"[. :]", "_", outer.name.lower()) + "__"
        inner = {field: _specs(subgraph, field, problems) for field in CONNECTIONS}
        outer_names = {field: _matched(outer, subgraph, field, inner[field], problems) for field in CONNECTIONS}
        self._streams = {**outer_names["input_stream"], **outer_names["output_stream"]}
        self._side_packets = {**outer_names["input_side_packet"], **outer_names["output_side_packet"]}
        self._unconnected = {
            field: {spec.name for spec in inner[field] if spec is not None} - outer_names[field].keys()
            for field in ("input_stream", "input_side_packet")
        }

    def outer_spec(self, field: str, text: str) -> str | None:
        """Return a spec of an inner node with the outer name; None if it takes an input that is not connected."""
        head, colon, name = text.rpartition(":")
        if name in self._unconnected.get(field, ()):
            return None
        names: Mapping[str, str] = self._streams if field.endswith("stream") else self._side_packets
        return f"{head}{colon}{names.get(name, self.prefix + name)}"


def _specs(sourced: SourcedConfig | SourcedNode, field: str, problems: list[Problem]) -> list[Spec | None]:
    specs, wrong = parse_specs(getattr(sourced.proto, field))
    problems += [sourced.problem(f"{field} {message}", field, position) for position, message in wrong]
    return specs


def _matched(
    outer: SourcedNode, subgraph: SourcedConfig, field: str, inner: Iterable[Spec | None], problems: list[Problem]
) -> dict[str, str]:
    """Return the outer names of the streams at the interface of a subgraph that `outer` connects, by inner name."""
    inner_names = {tag_index(spec.tag, spec.index): spec.name for spec in inner if spec is not None}
    outer_names = {}
    for position, spec in enumerate(_specs(outer, field, problems)):
        if spec is None:
            continue
        place = tag_index(spec.tag, spec.index)
        if place in inner_names:
            outer_names[inner_names[place]] = spec.name
        else:
            known = f"{did_you_mean(place, inner_names)}; it has: {', '.join(inner_names) or 'none'}"
            message = f'the subgraph {subgraph.proto.type} has no {field} "{place}" for "{spec}"{known}'
            problems.append(outer.problem(message, field, position))
    return outer_names
