"""A validated graph, ready to run: nodes in execution order, and the streams between them by number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from graphframe.framework.calculator import Calculator
from graphframe.framework.config.specs import Spec
from graphframe.framework.errors import GraphError, Problem, did_you_mean
from graphframe.framework.input_policy.default import Default
from graphframe.framework.input_policy.policy import InputPolicy
from graphframe.framework.node_info import NodeInfo
from graphframe.framework.planning.executors import DEVICE_THREADS, device_executor
from graphframe.framework.planning.interface import Interface
from graphframe.framework.port import Port


class Connection(NamedTuple):
    """A stream or side packet that is connected to a port of a node.

    Attributes
    ----------
    port : Port
    spec : Spec
    position : int
        Position in the field of the config.
    number : int
        The number of the stream or side packet.
    back_edge : bool
        Whether its packets come from nodes that follow.
    """

    port: Port[Any]
    spec: Spec
    position: int
    number: int
    back_edge: bool = False


@dataclass
class NodePlan:
    """One node of a validated graph, as the engine runs it.

    Attributes
    ----------
    info : NodeInfo
    calculator : type
    inputs, outputs, side_inputs, side_outputs : list of Connection
        Ordered by tag and index, as in `info`.
    source_layer : int
        Sources process when all sources of lower layers are closed.
    max_in_flight : int
        How many input sets are processed at once.
    executor : str
        The name of the executor that runs it; ``""`` for the graph's default one.
    input_policy : InputPolicy
    priority : int
        Orders tasks, lowest first: tasks for other threads before tasks that run inline, then nodes nearest to the
        outputs.
    is_source : bool
        Whether it has no input streams but a ``process`` method, which makes packets.
    is_plain : bool
        Whether it processes one input set at a time, in the order of timestamps, and packets only: most nodes.
    is_single : bool
        Whether it is plain, and joins nothing: it processes the packets of one stream as they arrive.
    opens_at_once : bool
        Whether it can process without waiting for side packets or calling ``open``.
    closes_at_once : bool
        Whether its calculator has no ``close`` method to call.
    """

    info: NodeInfo
    calculator: type[Calculator]
    inputs: list[Connection]
    outputs: list[Connection]
    side_inputs: list[Connection]
    side_outputs: list[Connection]
    source_layer: int
    max_in_flight: int
    executor: str
    input_policy: InputPolicy
    priority: int = 0

    is_source: bool = field(init=False)
    is_plain: bool = field(init=False)
    is_single: bool = field(init=False)
    opens_at_once: bool = field(init=False)
    closes_at_once: bool = field(init=False)

    def __post_init__(self) -> None:
        # NOTE: not cached properties, which make every run of the graph 6 % slower.
        calculator, inputs = self.calculator, self.inputs
        self.is_source = not inputs and calculator.process is not Calculator.process
        special = self.is_source or self.info.process_timestamp_bounds or self.max_in_flight > 1
        self.is_plain = self.input_policy.ordered and not special
        self.is_single = self.is_plain and len(inputs) == 1 and type(self.input_policy) is Default
        self.opens_at_once = not self.side_inputs and calculator.open is Calculator.open
        self.closes_at_once = calculator.close is Calculator.close


@dataclass(frozen=True)
class Plan:
    """A validated graph.

    Attributes
    ----------
    base : pathlib.Path
        The folder that relative paths start from.
    nodes : list of NodePlan
        In execution order.
    streams, side_packets : list of str
        Names, by number.
    inputs, outputs, side_inputs, side_outputs : Interface
        Side packets that no node sets are inputs of the graph, also those that it does not declare.
    notes : list of Problem
        About what is valid, but may not be intended.
    executors : dict
        The number of threads of each executor, by name.
    max_queue_size : int
        How many packets fill a queue; not positive: streams are never throttled.
    report_deadlock : bool
        Whether a run that is stuck on full queues fails; if not, the queues grow.
    untimed : list of int
        Numbers of streams whose timestamps need not rise: all their readers join packets by order of arrival.
    given : dict of int to object
        The side packets of runs that are given no other, by number.
    """

    base: Path
    nodes: list[NodePlan]
    streams: list[str]
    side_packets: list[str]
    inputs: Interface
    outputs: Interface
    side_inputs: Interface
    side_outputs: Interface
    notes: list[Problem]
    executors: dict[str, int]
    max_queue_size: int
    report_deadlock: bool
    untimed: list[int]
    given: dict[int, Any] = field(default_factory=dict)

    def side_packets_of_run(self, values: Mapping[str, Any]) -> dict[int, Any]:
        """Return side packets by number: those that are given by key, and `given` for the others.

        Raises
        ------
        GraphError
            If a key is unknown.
        TypeError
            If a value is not of the type that its consumers take.
        """
        found = self.given.copy()
        for key, value in values.items():
            self.side_inputs.check(key, value)
            found[self.side_inputs.number(key)] = value
        return found

    def on(self, devices: Mapping[str, str]) -> Plan:
        """Return the plan with other devices for those that its nodes name."""
        nodes, executors = [], dict(self.executors)
        for node in self.nodes:
            if (device := node.info.device) in devices:
                info = replace(node.info, device=devices[device])
                node = replace(node, info=info)
                if node.executor == device_executor(device):
                    node.executor = device_executor(info.device)
                    executors[node.executor] = DEVICE_THREADS
            nodes.append(node)
        return replace(self, nodes=nodes, executors=executors)

    @cached_property
    def sources(self) -> list[int]:
        """The indexes of the sources."""
        return [index for index, node in enumerate(self.nodes) if node.is_source]

    def stream(self, key: str) -> int:
        """Return the number of the output or input stream with this key, or of any stream with this name.

        Raises
        ------
        GraphError
            If there is none. The names in a subgraph start with the name of its node: ``node__stream``.
        """
        for keys in (self.outputs.numbers, self.inputs.numbers):
            if key in keys:
                return keys[key]
        if key in self.streams:
            return self.streams.index(key)
        hint = did_you_mean(key, [*self.outputs.numbers, *self.inputs.numbers, *self.streams])
        outputs = ", ".join(self.outputs.keys) or "none"
        raise GraphError(f'the graph has no output stream "{key}"{hint}; it has: {outputs}, and other streams by name')

    @cached_property
    def needed_side_inputs(self) -> frozenset[int]:
        """The side packets that each run must be given, by number: those at a port that is not optional."""
        read = {item.number for node in self.nodes for item in node.side_inputs if not item.port.optional}
        return frozenset(read.intersection(self.side_inputs.numbers.values()).difference(self.given))

    @cached_property
    def origins(self) -> list[tuple[int, ...]]:
        """For each stream, its origins: graph input streams, by number, and sources, by ``~index``."""
        found: list[set[int]] = [set() for _ in self.streams]
        for number in self.inputs.numbers.values():
            found[number] = {number}
        for index, node in enumerate(self.nodes):
            before = {~index} if node.is_source else set()
            before = before.union(*(found[connection.number] for connection in node.inputs))
            for connection in node.outputs:
                found[connection.number] = before
        return [tuple(sorted(origins)) for origins in found]
