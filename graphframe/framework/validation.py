"""From a config to a plan: finds all that is wrong with a graph at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import networkx as nx

from graphframe.framework.calculator import Calculator
from graphframe.framework.config import SourcedConfig, SourcedNode
from graphframe.framework.errors import GraphConfigError, did_you_mean
from graphframe.framework.executor import DEFAULT, DEVICE_THREADS, declared_executors
from graphframe.framework.input_policy import INPUT_POLICIES
from graphframe.framework.names import parse_specs, parse_tag_index, tag_index
from graphframe.framework.options import node_options
from graphframe.framework.plan import NodePlan, Plan, Slot
from graphframe.framework.registry import find_calculator
from graphframe.framework.subgraph import expand
from graphframe.framework.wiring import FIELDS, UnknownCalculator, wire

_GRAPH_INPUT = -1
_NOT_YET = {
    "graph": (
        "max_queue_size",
        "input_stream_handler",
        "output_stream_handler",
        "profiler_config",
        "graph_options",
    ),
    "node": ("source_layer", "buffer_size_hint", "output_stream_handler", "max_in_flight", "option_value"),
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
        self.sourced, self.problems = expand(config)
        self.executors, problems = declared_executors(config)
        self.problems += problems
        self.numbers: dict[str, dict[str, int]] = {"stream": {}, "side_packet": {}}
        self.nodes = [self._node(index) for index in range(len(self.sourced))]

    def plan(self, base: Path) -> Plan:
        self._refuse_what_is_not_there_yet()
        self._check_names()
        inputs = self._interface("input_stream")
        side_inputs = self._interface("input_side_packet")
        edges = self._connect("inputs", "outputs", inputs) + self._connect("side_inputs", "side_outputs", side_inputs)
        outputs = self._interface("output_stream")
        self._check_outputs(outputs, inputs)
        order = self._order(edges)
        if self.problems:
            raise GraphConfigError(sorted(set(self.problems), key=lambda problem: (problem.source, problem.line or 0)))
        nodes = [self.nodes[index] for index in order]
        for index, node in enumerate(nodes):
            node.index = index
        return Plan(
            source=self.config.source,
            base=base,
            nodes=nodes,
            streams=list(self.numbers["stream"]),
            side_packets=list(self.numbers["side_packet"]),
            inputs=inputs,
            outputs=outputs,
            side_inputs=side_inputs,
            input_types=self._input_types(nodes, set(inputs.values())),
            executors=self.executors,
        )

    def _number(self, field: str, name: str) -> int:
        numbers = self.numbers["stream" if field.endswith("stream") else "side_packet"]
        return numbers.setdefault(name, len(numbers))

    def _node(self, index: int) -> NodePlan:
        node = self.sourced[index]
        proto = node.proto
        calculator: type[Calculator] = UnknownCalculator
        try:
            calculator = self.find(proto.calculator)
        except LookupError as error:
            self.problems.append(node.problem(str(error), "calculator", 0))
        policy = proto.input_stream_handler.input_stream_handler or calculator.input_policy
        if policy not in INPUT_POLICIES:
            message = f'there is no input policy "{policy}"{did_you_mean(policy, INPUT_POLICIES)}'
            self.problems.append(node.problem(f"{message}; there are: {', '.join(INPUT_POLICIES)}"))
        options, problems = node_options(node)
        plan = NodePlan(index, self._name(index), calculator, proto, options, self._executor(node), policy)
        self.problems += problems + wire(plan, node, self._number)
        if not plan.inputs and calculator.process is not Calculator.process and calculator is not UnknownCalculator:
            self.problems.append(node.problem("has no input stream, and sources are not supported yet"))
        return plan

    def _name(self, index: int) -> str:
        """The node's name; for those without one the calculator's, numbered where several share it."""
        node = self.sourced[index]
        alike = [other for other in self.sourced if not other.proto.name and other.title == node.title]
        if node.proto.name or len(alike) == 1:
            return node.title
        return f"{node.title}_{1 + sum(not n.proto.name and n.title == node.title for n in self.sourced[:index])}"

    def _executor(self, node: SourcedNode) -> str:
        name, device = node.proto.executor, node.proto.device
        if name and name not in self.executors:
            message = f'the executor "{name}" is not declared{did_you_mean(name, self.executors)}'
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

    def _check_names(self) -> None:
        counts = Counter(node.proto.name for node in self.sourced if node.proto.name)
        seen = set()
        for node in self.sourced:
            if counts[node.proto.name] > 1 and node.proto.name in seen:
                self.problems.append(node.problem("another node has the same name", "name", 0))
            seen.add(node.proto.name)

    def _interface(self, field: str) -> dict[str, int]:
        """The numbers of the graph's own streams or side packets, by key and by name."""
        specs, wrong = parse_specs(getattr(self.config.proto, field))
        self.problems += [self.config.problem(f"{field} {message}", field, place) for place, message in wrong]
        found = {}
        for spec in specs:
            if spec is not None:
                found[spec.name] = found[spec.key] = self._number(field, spec.name)
        return found

    def _connect(self, ends: str, origins: str, given: dict[str, int]) -> list[tuple[int, int]]:
        """Check that each name has one producer and each input has one; returns (producer, consumer) pairs."""
        producers: dict[int, tuple[int, Slot | None]] = dict.fromkeys(given.values(), (_GRAPH_INPUT, None))
        for node in self.nodes:
            for slot in getattr(node, origins):
                if slot.stream in producers:
                    self._produced_twice(node, slot, FIELDS[origins], producers[slot.stream][0])
                else:
                    producers[slot.stream] = (node.index, slot)
        names = {slot.spec.name for node in self.nodes for slot in getattr(node, origins)} | set(given)
        edges = []
        for node in self.nodes:
            back = self._back_edges(node) if ends == "inputs" else set()
            for slot in getattr(node, ends):
                if slot.stream not in producers:
                    message = f'{FIELDS[ends]} "{slot.spec.name}" has no producer{did_you_mean(slot.spec.name, names)}'
                    self._slot_problem(node, slot, FIELDS[ends], message)
                    continue
                producer, origin = producers[slot.stream]
                if origin is not None:
                    self._check_types(node, slot, producer, origin)
                    if (slot.spec.tag, slot.spec.index) not in back:
                        edges.append((producer, node.index))
        return edges

    def _produced_twice(self, node: NodePlan, slot: Slot, field: str, first: int) -> None:
        other = "the graph's own input" if first == _GRAPH_INPUT else f'node "{self.nodes[first].name}"'
        self._slot_problem(node, slot, field, f'{field} "{slot.spec.name}" already comes from {other}')

    def _slot_problem(self, node: NodePlan, slot: Slot, field: str, message: str) -> None:
        texts = [text.rpartition(":")[2] for text in getattr(node.proto, field)]
        self.problems.append(self.sourced[node.index].problem(message, field, texts.index(slot.spec.name)))

    def _check_types(self, node: NodePlan, slot: Slot, producer: int, origin: Slot) -> None:
        given, taken = origin.port.type, slot.port.type
        if object not in (given, taken) and not issubclass(given, taken):
            message = (
                f'"{slot.spec.name}" takes {taken.__name__}, but node "{self.nodes[producer].name}" '
                f"sends {given.__name__}"
            )
            self._slot_problem(node, slot, "input_stream" if slot in node.inputs else "input_side_packet", message)

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

    def _check_outputs(self, outputs: dict[str, int], inputs: dict[str, int]) -> None:
        produced = {slot.stream: slot.spec.name for node in self.nodes for slot in node.outputs}
        for position, text in enumerate(self.config.proto.output_stream):
            name = text.rpartition(":")[2]
            if name in outputs and outputs[name] not in produced and outputs[name] not in inputs.values():
                message = f'output_stream "{name}" has no producer{did_you_mean(name, produced.values())}'
                self.problems.append(self.config.problem(message, "output_stream", position))

    def _order(self, edges: Iterable[tuple[int, int]]) -> list[int]:
        graph: nx.DiGraph[int] = nx.DiGraph(edges)
        graph.add_nodes_from(range(len(self.nodes)))
        loops = [
            loop for loop in nx.strongly_connected_components(graph) if len(loop) > 1 or graph.has_edge(*(*loop,) * 2)
        ]
        for loop in loops:
            cycle = [edge[0] for edge in nx.find_cycle(graph.subgraph(loop))]
            names = " > ".join(self.nodes[index].name for index in (*cycle, cycle[0]))
            message = (
                f"is on a cycle: {names}; mark the edge that goes back with input_stream_info {{ back_edge: true }}"
            )
            self.problems.append(self.sourced[min(loop)].problem(message))
        return [] if loops else list(nx.lexicographical_topological_sort(graph))

    def _input_types(self, nodes: Sequence[NodePlan], inputs: set[int]) -> dict[int, type]:
        found: dict[int, type] = defaultdict(lambda: object)
        for node in nodes:
            for slot in node.inputs:
                if slot.stream in inputs and issubclass(slot.port.type, found[slot.stream]):
                    found[slot.stream] = slot.port.type
        return dict(found)
