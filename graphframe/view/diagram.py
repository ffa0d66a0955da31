"""The diagram of a graph: boxes, and streams at their ports. A subgraph is a box with a diagram inside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from google.protobuf import text_format

from graphframe.framework.config.registry import full_name, is_subgraph, subgraph_of
from graphframe.framework.config.sourced import SourcedNode
from graphframe.framework.config.specs import tag_index
from graphframe.framework.errors import GraphConfigError
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from graphframe.view.drawable import DrawableGraph, drawable

_SHOWN_ELSEWHERE: Final = (
    *("name", "calculator", "device", "options", "node_options", "input_stream", "output_stream"),
    *("input_side_packet", "output_side_packet", "external_input", "input_stream_info"),
)


@dataclass(frozen=True)
class DrawnStream:
    """A stream or a side packet.

    Attributes
    ----------
    name : str
        Its name in the whole graph. That of an inner stream of a subgraph has prefixes.
    label : str
        Its name in its own text. At the border of a subgraph it has one on each side.
    """

    name: str
    label: str
    is_side_packet: bool


@dataclass(frozen=True)
class DrawnPort:
    """The end of a stream at a box, or at the border of a diagram."""

    tag: str
    stream: DrawnStream
    is_back_edge: bool = False


@dataclass(frozen=True)
class NodeTime:
    """How long a node works in a run: its mean seconds, and their share in those of all nodes."""

    seconds: float
    share: float


@dataclass(frozen=True, eq=False)
class Box:
    """A node.

    Attributes
    ----------
    name : str
        Its name in the whole graph.
    label : str
        Its name in its own text.
    settings : str
        Other fields of the node as text: an executor, an input policy ...
    inside : Diagram or None
        The diagram of a subgraph.
    time : NodeTime or None
        None if it never ran, or that is not known.
    """

    name: str
    label: str
    calculator: str
    device: str
    settings: str
    options: str
    inputs: tuple[DrawnPort, ...]
    outputs: tuple[DrawnPort, ...]
    inside: Diagram | None = None
    time: NodeTime | None = None


@dataclass(frozen=True, eq=False)
class Diagram:
    """A graph, or the inside of a subgraph, whose ports are those of its box, in the same order.

    Attributes
    ----------
    runs : int
        The number of runs that the times of the boxes are from.
    """

    inputs: tuple[DrawnPort, ...]
    outputs: tuple[DrawnPort, ...]
    boxes: tuple[Box, ...]
    runs: int = 0

    def all_boxes(self) -> Iterator[Box]:
        """Yield all boxes, each before those inside of it."""
        for box in self.boxes:
            yield box
            if box.inside:
                yield from box.inside.all_boxes()


def diagram(
    graph: DrawableGraph,
    subgraphs: Mapping[str, DrawableGraph] = MappingProxyType({}),
    devices: Mapping[str, str] = MappingProxyType({}),
    seconds: Mapping[str, float] = MappingProxyType({}),
    runs: int = 0,
) -> Diagram:
    """Return the diagram of a graph, with the insides of its subgraphs.

    Parameters
    ----------
    graph : DrawableGraph
    subgraphs : mapping of str to DrawableGraph
        Further subgraphs by type, beside the registered ones.
    devices : mapping of str to str
        The devices of nodes by name, if they are not those in the text.
    seconds : mapping of str to float
        The total seconds of nodes by name in a number of `runs`.
    """
    total = sum(seconds.values()) or 1.0
    times = {name: NodeTime(each / runs, each / total) for name, each in seconds.items()} if runs else {}
    scope = _Scope("", {}, frozenset(), subgraphs, devices, times, ())
    proto = graph.config.proto
    return Diagram(
        (*scope.ports(proto.input_stream), *scope.ports(proto.input_side_packet, True)),
        (*scope.ports(proto.output_stream), *scope.ports(proto.output_side_packet, True)),
        scope.boxes(graph),
        runs,
    )


_Name = tuple[str, bool]
"""A name in a text, and whether it is that of a side packet: these have names of their own."""


@dataclass(frozen=True)
class _Scope:
    """The meaning of names within one text.

    Attributes
    ----------
    prefix : str
        The prefix of inner names in the whole graph.
    interface : mapping
        The streams that come from outside or go there.
    unconnected : set
        Inputs of a subgraph that are not connected; its nodes go without them.
    subgraphs : mapping
        Subgraphs by type.
    devices : mapping
        Devices by the name of the node in the whole graph.
    times : mapping
        Times by the name of the node in the whole graph.
    within : tuple of str
        The types of the subgraphs around it, to detect one that contains itself.
    """

    prefix: str
    interface: Mapping[_Name, DrawnStream]
    unconnected: frozenset[_Name]
    subgraphs: Mapping[str, DrawableGraph]
    devices: Mapping[str, str]
    times: Mapping[str, NodeTime]
    within: tuple[str, ...]

    def ports(self, specs: Iterable[str], side: bool = False) -> tuple[DrawnPort, ...]:
        return tuple(port for _, port in self._places(specs, side))

    def _places(
        self, specs: Iterable[str], side: bool, back_edges: Iterable[str] = ()
    ) -> Iterator[tuple[str, DrawnPort]]:
        for place, name in _places(specs):
            if (name, side) not in self.unconnected:
                stream = self.interface.get((name, side)) or DrawnStream(self.prefix + name, name, side)
                yield place, DrawnPort(place.lstrip(":0123456789"), stream, place in back_edges)

    def boxes(self, graph: DrawableGraph) -> tuple[Box, ...]:
        package = graph.config.proto.package
        nodes = zip(graph.config.nodes, graph.options, strict=True)
        return tuple(self._box(node, options, package) for node, options in nodes)

    def _box(self, node: SourcedNode, options: str, package: str) -> Box:
        proto = node.proto
        back_edges = {_place(info.tag_index) for info in proto.input_stream_info if info.back_edge}
        side_inputs = (*proto.input_side_packet, *proto.external_input)
        streams = (port for _, port in self._places(proto.input_stream, False, back_edges))
        inputs = (*streams, *self.ports(side_inputs, True))
        outputs = (*self.ports(proto.output_stream), *self.ports(proto.output_side_packet, True))
        return Box(
            self.prefix + node.name,
            node.name,
            proto.calculator,
            self.devices.get(self.prefix + node.name, proto.device),
            _settings(proto),
            options,
            inputs,
            outputs,
            self._inside(node, package),
            self.times.get(self.prefix + node.name),
        )

    def _inside(self, node: SourcedNode, package: str) -> Diagram | None:
        type_ = node.proto.calculator
        subgraph = None if type_ in self.within else self._subgraph(node, package)
        if subgraph is None:
            return None
        inner, outer = subgraph.config.proto, node.proto
        side_inputs = (*outer.input_side_packet, *outer.external_input)
        inputs = [
            *self._interface(inner.input_stream, outer.input_stream, False),
            *self._interface(inner.input_side_packet, side_inputs, True),
        ]
        outputs = [
            *self._interface(inner.output_stream, outer.output_stream, False),
            *self._interface(inner.output_side_packet, outer.output_side_packet, True),
        ]
        connected = {(name, port.stream.is_side_packet): port.stream for name, port in (*inputs, *outputs) if name}
        offered = {(name, False) for _, name in _places(inner.input_stream)}
        offered |= {(name, True) for _, name in _places(inner.input_side_packet)}
        prefix = re.sub(r"[. :]", "_", (self.prefix + node.name).lower()) + "__"
        unconnected = frozenset(offered - set(connected))
        scope = _Scope(prefix, connected, unconnected, self.subgraphs, self.devices, self.times, (*self.within, type_))
        return Diagram(tuple(port for _, port in inputs), tuple(port for _, port in outputs), scope.boxes(subgraph))

    def _subgraph(self, node: SourcedNode, package: str) -> DrawableGraph | None:
        type_ = node.proto.calculator
        name = full_name(type_, package)
        if (given := self.subgraphs.get(type_.rpartition(".")[2])) or not is_subgraph(name):
            return given
        proto = CalculatorGraphConfig.Node()
        proto.CopyFrom(node.proto)
        proto.calculator = name
        try:
            return drawable(subgraph_of(node._replace(proto=proto)))
        except GraphConfigError:  # from the function of the subgraph
            return None

    def _interface(self, inner: Iterable[str], outer: Iterable[str], side: bool) -> Iterator[tuple[str, DrawnPort]]:
        """Yield the inner name and the port of each connection of an outer node, matched by tag and index.

        The name is empty if the subgraph has no such port.
        """
        names = dict(_places(inner))
        for place, port in self._places(outer, side):
            name = names.get(place, "")
            yield name, DrawnPort(port.tag, DrawnStream(port.stream.name, name or port.stream.label, side))


def _places(specs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the tag and index in MediaPipe's spelling, and the name, of each spec, even if it is malformed."""
    untagged = 0
    for spec in specs:
        head, _, name = spec.rpartition(":")
        if head:
            yield _place(head), name
        else:
            yield tag_index("", untagged), name
            untagged += 1


def _place(text: str) -> str:
    return text.removesuffix(":0")


def _settings(proto: CalculatorGraphConfig.Node) -> str:
    others = CalculatorGraphConfig.Node()
    others.CopyFrom(proto)
    for name in _SHOWN_ELSEWHERE:
        others.ClearField(name)
    return text_format.MessageToString(others).strip()
