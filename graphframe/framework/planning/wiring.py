"""Matches the connections of a node with the ports of its calculator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from graphframe.framework.calculator import Calculator, NodeContext
from graphframe.framework.config.sourced import SourcedNode
from graphframe.framework.config.specs import Spec, parse_specs, parse_tag_index, tag_index
from graphframe.framework.errors import Problem, did_you_mean
from graphframe.framework.planning.plan import Connection
from graphframe.framework.port import ANY_TAG, Input, Output, Port, SideInput, SideOutput
from graphframe.framework.running.context import Context


class UnknownCalculator(Calculator):
    """Replaces an unknown calculator, so that the rest of its graph can be checked."""

    any_input = Input(ANY_TAG, optional=True)
    any_output = Output(ANY_TAG, optional=True)
    any_side_input = SideInput(ANY_TAG, optional=True)
    any_side_output = SideOutput(ANY_TAG, optional=True)

    def load(self, node: NodeContext) -> None:
        """Raise LookupError."""
        raise LookupError(f'the calculator "{node.calculator}" is unknown: the graph can be viewed, not run')

    def process(self, cc: Context) -> None:
        """Do nothing, since it cannot be loaded."""


class Wiring:
    """The connections of a node, and problems with them.

    Parameters
    ----------
    node : SourcedNode
    calculator : type
    streams, side_packets : dict of str to int
        Their numbers by name; new ones are added.

    Attributes
    ----------
    inputs, outputs, side_inputs, side_outputs : list of Connection
        Ordered by tag and index.
    positions : dict
        For each port, the positions of its connections in the list of its kind.
    problems : list of Problem
    """

    def __init__(
        self,
        node: SourcedNode,
        calculator: type[Calculator],
        streams: dict[str, int],
        side_packets: dict[str, int],
    ) -> None:
        self.positions: dict[Port[Any], list[int]] = {}
        self.problems: list[Problem] = []
        self._node = node
        self._calculator = calculator.__name__
        proto, contract = node.proto, calculator.contract
        # NOTE: a slice of a repeated field is a list, which is iterated in a fifth of the time.
        self.inputs = self._match("input_stream", proto.input_stream[:], contract.inputs, streams)
        self.outputs = self._match("output_stream", proto.output_stream[:], contract.outputs, streams)
        self.side_inputs = self._match(
            "input_side_packet", proto.input_side_packet[:], contract.side_inputs, side_packets
        )
        self.side_outputs = self._match(
            "output_side_packet", proto.output_side_packet[:], contract.side_outputs, side_packets
        )

    def mark_back_edges(self) -> None:
        """Mark the inputs that the node's ``input_stream_info`` calls back edges."""
        inputs = self.inputs
        at = {tag_index(connection.spec.tag, connection.spec.index): place for place, connection in enumerate(inputs)}
        known: set[str] = set()
        for position, info in enumerate(self._node.proto.input_stream_info):
            try:
                place = tag_index(*parse_tag_index(info.tag_index))
                if place not in at:
                    raise ValueError(f'the node has no input stream at "{place}"')
                if place in known:
                    raise ValueError(f'the input stream at "{place}" is given twice')
            except ValueError as error:
                self._problem(f"input_stream_info: {error}", "input_stream_info", position)
            else:
                known.add(place)
                inputs[at[place]] = inputs[at[place]]._replace(back_edge=info.back_edge)

    def _match(
        self, field: str, texts: Sequence[str], ports: Sequence[Port[Any]], numbers: dict[str, int]
    ) -> list[Connection]:
        """Return the connections that the items of `field` make to `ports`."""
        if not ports and not texts:
            return []
        specs, wrong = parse_specs(texts)
        for position, message in wrong:
            self._problem(f"{field} {message}", field, position)
        for port in ports:
            self.positions[port] = []
        connections: list[Connection] = []
        for position, spec in sorted(enumerate(specs), key=_place) if len(specs) > 1 else enumerate(specs):
            if spec is None:
                continue
            found = _port_for(spec, ports)
            if found is None:
                self._problem(self._no_such_port(field, spec, ports), field, position)
                continue
            self.positions[found].append(len(connections))
            number = numbers.setdefault(spec.name, len(numbers))
            connections.append(Connection(found, spec, position, number))
        for port in ports:
            if not self.positions[port] and not port.optional and not wrong:
                self._problem(f"{self._calculator} needs {_wanted(field, port)}")
        return connections

    def _problem(self, message: str, *place: str | int) -> None:
        self.problems.append(self._node.problem(message, *place))

    def _no_such_port(self, field: str, spec: Spec, ports: Sequence[Port[Any]]) -> str:
        if any(port.tag == spec.tag for port in ports):
            place = f'with the tag "{spec.tag}"' if spec.tag else "without a tag"
            return f'{self._calculator} takes one {field} {place}, not "{spec}" too'
        if not ports:
            return f'{self._calculator} has no {field}, so not "{spec}"'
        tags = [port.tag for port in ports]
        known = ", ".join(tag or "(no tag)" for tag in tags)
        if not spec.tag:
            return f'{self._calculator} has no {field} without a tag, so not "{spec}"; it has: {known}'
        return f'{self._calculator} has no {field} "{spec.tag}"{did_you_mean(spec.tag, tags)}; it has: {known}'


def _place(placed: tuple[int, Spec | None]) -> tuple[str, int]:
    _, spec = placed
    return ("", 0) if spec is None else (spec.tag, spec.index)


def _port_for(spec: Spec, ports: Iterable[Port[Any]]) -> Port[Any] | None:
    found = None
    for port in ports:
        if port.tag == spec.tag and (port.multiple or spec.index == 0):
            return port
        if port.tag == ANY_TAG:
            found = port
    return found


def _wanted(field: str, port: Port[Any]) -> str:
    if port.tag == ANY_TAG:
        return f"at least one {field}"
    return f'an {field} "{port.tag}:..."' if port.tag else f"an {field} without a tag"
