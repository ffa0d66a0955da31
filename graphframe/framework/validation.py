"""From a config to a plan: finds all that is wrong with a graph at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import networkx as nx

from graphframe.framework.calculator import Calculator
from graphframe.framework.config import SourcedConfig, SourcedNode
from graphframe.framework.errors import GraphConfigError, did_you_mean
from graphframe.framework.executor import DEFAULT, DEVICE_THREADS, declared_executors
from graphframe.framework.input_policy import INPUT_POLICIES
from graphframe.framework.names import parse_specs, parse_tag_index, tag_index
from graphframe.framework.options import node_options
from graphframe.framework.plan import Interface, NodePlan, Plan, Slot
from graphframe.framework.registry import find_calculator
from graphframe.framework.subgraph import expand
from graphframe.framework.wiring import FIELDS, UnknownCalculator, wire

_NOT_YET = {
    "graph": (
        "max_queue_size",
        "input_stream_handler",
        "output_stream_handler",
        "profiler_config",
        "graph_options",
    ),
    "node": (
        "source_layer",
        "buffer_size_hint",
        "output_stream_handler",
        "max_in_flight",
        "option_value",
        "external_input",
    ),
}


def validate(config: SourcedConfig, base: Path, find: Callable[[str], type[Calculator]] = find_calculator) -> Plan:
    """Check a config, and plan how to run it.

    Parameters
    ----------
    config : SourcedConfig
    base : pathlib.Path
        The folder that relative paths start from.
    find : callable
        Gives a calculator by its name, or raises LookupError.

    Raises
    ------
    GraphConfigError
        With all problems, if there are any.
    """
    return _Validation(config, find).plan(base)


class _Validation:
    """A config that is being checked. Streams and side packets get their numbers as they are met."""

    def __init__(self, config: SourcedConfig, find: Callable[[str], type[Calculator]]) -> None:
        self.config = config
        self.find = find
        self.sourced, problems = expand(config)
        self.problems = [*config.problems, *problems]
        self.executors, problems = declared_executors(config)
        self.declared_executors = set(self.executors)
        self.problems += problems
        self.numbers: dict[str, dict[str, int]] = {"stream": {}, "side_packet": {}}
        self.nodes = [self._node(index, node) for index, node in enumerate(self.sourced)]

    def plan(self, base: Path) -> Plan:
        self._refuse_what_is_not_there_yet()
        inputs = self._interface("input_stream", once=True)
        side_inputs = self._interface("input_side_packet", once=True)
        edges = self._connect("inputs", "outputs", inputs) + self._connect("side_inputs", "side_outputs", side_inputs)
        outputs = self._interface("output_stream")
        self._check_outputs(outputs, inputs)
        order = self._order(edges)
        if self.problems:
            raise GraphConfigError(
                sorted(dict.fromkeys(self.problems), key=lambda problem: (problem.source, problem.line or 0))
            )
        nodes = [self.nodes[index] for index in order]
        for index, node in enumerate(nodes):
            node.index = index
        return Plan(
            base=Path(os.path.abspath(base)),
            nodes=nodes,
            streams=list(self.numbers["stream"]),
            side_packets=list(self.numbers["side_packet"]),
            inputs=inputs,
            outputs=outputs,
            side_inputs=side_inputs,
            executors=self.executors,
        )

    def _number(self, field: str, name: str) -> int:
        numbers = self.numbers["stream" if field.endswith("stream") else "side_packet"]
        return numbers.setdefault(name, len(numbers))

    def _node(self, index: int, node: SourcedNode) -> NodePlan:
        proto = node.proto
        calculator: type[Calculator] = UnknownCalculator
        taken = None
        try:
            calculator = self.find(proto.calculator)
            taken = calculator.contract.options
        except LookupError as error:
            message = str(error) if proto.calculator else "names no calculator"
            self.problems.append(node.problem(message, "calculator", 0))
        policy = proto.input_stream_handler.input_stream_handler or calculator.input_policy
        if policy not in INPUT_POLICIES:
            message = f'there is no input policy "{policy}"{did_you_mean(policy, INPUT_POLICIES)}'
            place = ("input_stream_handler", 0, "input_stream_handler", 0)
            self.problems.append(node.problem(f"{message}; there are: {', '.join(INPUT_POLICIES)}", *place))
        options, problems = node_options(node, taken)
        plan = NodePlan(index, node.name, calculator, proto, options, self._executor(node), policy)
        wrong = wire(plan, node, self._number)
        if not wrong and not plan.inputs and calculator.process is not Calculator.process:
            wrong.append(node.problem("has no input stream, and sources are not supported yet"))
        self.problems += problems + wrong
        return plan

    def _executor(self, node: SourcedNode) -> str:
        name, device = node.proto.executor, node.proto.device
        if name and name not in self.declared_executors:
            message = f'the executor "{name}" is not declared{did_you_mean(name, self.declared_executors)}'
            self.problems.append(node.problem(message, "executor", 0))
        if not name and device:
            name = f"device {device}"
            self.executors[name] = DEVICE_THREADS
        return name or DEFAULT

    def _refuse_what_is_not_there_yet(self) -> None:
        for field in (field.name for field, _ in self.config.proto.ListFields()):
            if field in _NOT_YET["graph"]:
                self.problems.append(self.config.problem(f"{field} is not supported yet", field, 0))
        for node in self.sourced:
            for field in (field.name for field, _ in node.proto.ListFields()):
                if field in _NOT_YET["node"]:
                    self.problems.append(node.problem(f"{field} is not supported yet", field, 0))

    def _interface(self, field: str, *, once: bool = False) -> Interface:
        specs, wrong = parse_specs(getattr(self.config.proto, field))
        self.problems += [self.config.problem(f"{field} {message}", field, place) for place, message in wrong]
        keys = []
        numbers: dict[str, int] = {}
        for position, spec in enumerate(specs):
            if spec is None:
                continue
            if once and spec.name in numbers:
                self.problems.append(self.config.problem(f'{field} "{spec.name}" is given twice', field, position))
            keys.append(spec.key)
            numbers[spec.key] = numbers[spec.name] = self._number(field, spec.name)
        return Interface(field.replace("_", " "), tuple(keys), numbers)

    def _connect(self, ends: str, origins: str, given: Interface) -> list[tuple[int, int]]:
        """Check that each name has one producer and each input has one; returns (producer, consumer) pairs."""
        from_outside = set(given.numbers.values())
        producers: dict[int, tuple[NodePlan, Slot]] = {}
        for node in self.nodes:
            for slot in getattr(node, origins):
                if slot.stream in from_outside:
                    self._produced_twice(node, slot, FIELDS[origins], "the graph's own input")
                elif slot.stream in producers:
                    other = f'node "{producers[slot.stream][0].name}"'
                    self._produced_twice(node, slot, FIELDS[origins], other)
                else:
                    producers[slot.stream] = node, slot
        names = {slot.spec.name for _, slot in producers.values()} | set(given.numbers)
        first: dict[int, NodePlan] = {}
        edges = []
        for node in self.nodes:
            back = self._back_edges(node) if ends == "inputs" else set()
            for slot in getattr(node, ends):
                if slot.stream in from_outside:
                    self._narrow(given, node, slot, FIELDS[ends], first)
                elif slot.stream not in producers:
                    message = f'{FIELDS[ends]} "{slot.spec.name}" has no producer{did_you_mean(slot.spec.name, names)}'
                    self._slot_problem(node, slot, FIELDS[ends], message)
                else:
                    producer, origin = producers[slot.stream]
                    if object not in (origin.port.type, slot.port.type):
                        self._check_types(node, slot, FIELDS[ends], producer, origin)
                    if (slot.spec.tag, slot.spec.index) not in back:
                        edges.append((producer.index, node.index))
        return edges

    def _produced_twice(self, node: NodePlan, slot: Slot, field: str, other: str) -> None:
        self._slot_problem(node, slot, field, f'{field} "{slot.spec.name}" already comes from {other}')

    def _slot_problem(self, node: NodePlan, slot: Slot, field: str, message: str) -> None:
        self.problems.append(self.sourced[node.index].problem(message, field, slot.position))

    def _check_types(self, node: NodePlan, slot: Slot, field: str, producer: NodePlan, origin: Slot) -> None:
        given, taken = origin.port.type, slot.port.type
        if not issubclass(given, taken):
            message = f'takes {taken.__name__}, but node "{producer.name}" sends {given.__name__}'
            self._slot_problem(node, slot, field, f'{field} "{slot.spec}" {message}')

    def _narrow(self, given: Interface, node: NodePlan, slot: Slot, field: str, first: dict[int, NodePlan]) -> None:
        """Note that what comes from outside must be of the type that `node` takes."""
        known, taken = given.types.get(slot.stream, object), slot.port.type
        if issubclass(taken, known):
            given.types[slot.stream] = taken
            first[slot.stream] = node
        elif not issubclass(known, taken):
            message = f'takes {taken.__name__}, but node "{first[slot.stream].name}" takes {known.__name__} from it'
            self._slot_problem(node, slot, field, f'{field} "{slot.spec}" {message}')

    def _back_edges(self, node: NodePlan) -> set[tuple[str, int]]:
        found = set()
        places = {(slot.spec.tag, slot.spec.index) for slot in node.inputs}
        for position, info in enumerate(node.proto.input_stream_info):
            try:
                place = parse_tag_index(info.tag_index)
                if place not in places:
                    raise ValueError(f'the node has no input stream at "{tag_index(*place)}"')
            except ValueError as error:
                problem = self.sourced[node.index].problem(f"input_stream_info: {error}", "input_stream_info", position)
                self.problems.append(problem)
            else:
                if info.back_edge:
                    found.add(place)
        return found

    def _check_outputs(self, outputs: Interface, inputs: Interface) -> None:
        produced = {slot.spec.name for node in self.nodes for slot in node.outputs} | set(inputs.numbers)
        for position, text in enumerate(self.config.proto.output_stream):
            name = text.rpartition(":")[2]
            if name in outputs.numbers and name not in produced:
                message = f'output_stream "{name}" has no producer{did_you_mean(name, produced)}'
                self.problems.append(self.config.problem(message, "output_stream", position))

    def _order(self, edges: Iterable[tuple[int, int]]) -> list[int]:
        graph: nx.DiGraph[int] = nx.DiGraph(edges)
        graph.add_nodes_from(range(len(self.nodes)))
        loops = [
            loop for loop in nx.strongly_connected_components(graph) if len(loop) > 1 or graph.has_edge(*(*loop,) * 2)
        ]
        for loop in loops:
            cycle = [edge[0] for edge in nx.find_cycle(graph.subgraph(loop))]
            first = cycle.index(min(cycle))
            cycle = [*cycle[first:], *cycle[: first + 1]]
            names = " > ".join(self.nodes[index].name for index in cycle)
            hint = "mark the edge that goes back with input_stream_info { back_edge: true }"
            self.problems.append(self.sourced[cycle[0]].problem(f"is on a cycle: {names}; {hint}"))
        return [] if loops else list(nx.lexicographical_topological_sort(graph))
