"""From a config to a plan: finds all that is wrong with a graph at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import networkx as nx

from graphframe.framework.calculator import Calculator
from graphframe.framework.config.names import parse_specs, parse_tag_index, tag_index
from graphframe.framework.config.node_options import node_options
from graphframe.framework.config.reading import SourcedConfig, SourcedNode
from graphframe.framework.config.registry import find_calculator, is_subgraph
from graphframe.framework.config.subgraphs import expand
from graphframe.framework.errors import GraphConfigError, did_you_mean
from graphframe.framework.input_policy import INPUT_POLICIES, configured
from graphframe.framework.planning.plan import Interface, NodePlan, Plan, Slot
from graphframe.framework.planning.wiring import FIELDS, UnknownCalculator, wire
from graphframe.framework.port import ANY_TAG
from graphframe.framework.running.executor import DEFAULT, DEVICE_THREADS, INLINE, declared_executors

_OBSOLETE = {
    "packet_factory": "give the side packet to the run",
    "packet_generator": "use a node that sets side packets",
    "status_handler": "use Run.add_done_callback",
}
"""Fields of MediaPipe's schema that have no meaning here, and what to do instead."""
_UNDECLARED = ": no node sends it, and the graph does not declare it"
_IN_ORDER = "InOrderOutputStreamHandler"
_MAX_QUEUE_SIZE = 100
"""MediaPipe's."""
SOURCES = "sources"
"""The executor of sources that name none: a source may wait for something, which must not hold up the others."""


def validate(config: SourcedConfig, find: Callable[[str], type[Calculator]] = find_calculator) -> Plan:
    """Check a config, and plan how to run it.

    Parameters
    ----------
    config : SourcedConfig
    find : callable
        Gives a calculator by its name, or raises LookupError.

    Raises
    ------
    GraphConfigError
        With all problems, if there are any.
    """
    return _Validation(config, find).plan()


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
        self.streams: dict[str, int] = {}
        self.side_packets: dict[str, int] = {}
        self.numbers = {
            field: self.streams if field.endswith("stream") else self.side_packets for field in FIELDS.values()
        }
        self.nodes = [self._node(index, node) for index, node in enumerate(self.sourced)]

    def plan(self) -> Plan:
        self._refuse_obsolete_fields()
        inputs = self._interface("input_stream", once=True)
        side_inputs = self._interface("input_side_packet", once=True)
        edges = self._connect("inputs", "outputs", inputs)
        if self.side_packets:
            edges += self._connect("side_inputs", "side_outputs", side_inputs)
        outputs = self._interface("output_stream")
        side_outputs = self._interface("output_side_packet")
        self._check_outputs("output_stream", "outputs", outputs, inputs)
        self._check_outputs("output_side_packet", "side_outputs", side_outputs, side_inputs)
        order = self._order(edges)
        if self.problems:
            raise GraphConfigError(
                sorted(dict.fromkeys(self.problems), key=lambda problem: (problem.source, problem.line or 0))
            )
        nodes = [self.nodes[index] for index in order]
        for index, node in enumerate(nodes):
            node.index = index
            runs_elsewhere = self.executors[node.executor] != INLINE
            node.priority = -index - len(nodes) * runs_elsewhere
        return Plan(
            base=self.config.base,
            nodes=nodes,
            streams=list(self.streams),
            side_packets=list(self.side_packets),
            inputs=inputs,
            outputs=outputs,
            side_inputs=side_inputs,
            side_outputs=side_outputs,
            executors=self.executors,
            max_queue_size=self._max_queue_size(),
            report_deadlock=self.config.proto.report_deadlock,
            untimed=_untimed(nodes),
        )

    def _max_queue_size(self) -> int:
        size: int = self.config.proto.max_queue_size or _MAX_QUEUE_SIZE
        hints = [node.proto.buffer_size_hint for node in self.sourced]
        return size if size < 0 else max(size, *hints, 1)

    def _node(self, index: int, node: SourcedNode) -> NodePlan:
        proto = node.proto
        calculator: type[Calculator] = UnknownCalculator
        taken = None
        try:
            calculator = self.find(proto.calculator)
            taken = None if calculator is UnknownCalculator else calculator.contract.options
        except LookupError as error:
            if not is_subgraph(proto.calculator):  # else it could not be made, which has been said
                message = str(error) if proto.calculator else "names no calculator"
                self.problems.append(node.problem(message, "calculator", 0))
        options, problems = node_options(node, taken)
        plan = NodePlan(index, node.name, calculator, proto, options, self._executor(node))
        wrong = wire(plan, node, self.numbers)
        self.problems += problems + wrong
        self._set_input_policy(plan, node, wired=not wrong)
        if not wrong:
            self._check_source(plan, node)
        return plan

    def _set_input_policy(self, plan: NodePlan, node: SourcedNode, *, wired: bool) -> None:
        policy = plan.calculator.input_policy
        place: SourcedNode | SourcedConfig = node if node.proto.HasField("input_stream_handler") else self.config
        handler = place.proto.input_stream_handler
        try:
            if place is node or self.config.proto.HasField("input_stream_handler"):
                policy = configured(handler)
            if plan.inputs and wired:
                plan.input_policy = policy.bind(plan)
        except KeyError:
            name = handler.input_stream_handler
            known = f"{did_you_mean(name, INPUT_POLICIES)}; there are: {', '.join(INPUT_POLICIES)}"
            where = ("input_stream_handler", 0, "input_stream_handler", 0)
            self.problems.append(place.problem(f'there is no input policy "{name}"{known}', *where))
        except ValueError as error:
            self.problems.append(node.problem(f"input_stream_handler: {error}", "input_stream_handler", 0))

    def _check_source(self, plan: NodePlan, node: SourcedNode) -> None:
        if plan.inputs or not plan.is_source:
            if plan.proto.source_layer:
                self.problems.append(node.problem("source_layer is for sources, but it has inputs", "source_layer", 0))
            return
        if plan.proto.max_in_flight > 1:
            self.problems.append(node.problem("max_in_flight is not for sources", "max_in_flight", 0))
        if plan.executor == DEFAULT and self.executors[DEFAULT] == INLINE:
            plan.executor = SOURCES
            self.executors[SOURCES] = DEVICE_THREADS

    def _executor(self, node: SourcedNode) -> str:
        name, device = node.proto.executor, node.proto.device
        if name and name not in self.declared_executors:
            message = f'the executor "{name}" is not declared{did_you_mean(name, self.declared_executors)}'
            self.problems.append(node.problem(message, "executor", 0))
        if not name and device:
            name = f"device {device}"
            self.executors[name] = DEVICE_THREADS
        return name or DEFAULT

    def _refuse_obsolete_fields(self) -> None:
        for field, instead in _OBSOLETE.items():
            if getattr(self.config.proto, field):
                self.problems.append(self.config.problem(f"{field} is obsolete: {instead}", field, 0))
        places: list[SourcedNode | SourcedConfig] = [self.config, *self.sourced]
        for place in places:
            if not place.proto.HasField("output_stream_handler"):
                continue
            handler = place.proto.output_stream_handler.output_stream_handler
            if handler not in ("", _IN_ORDER):
                message = f'there is no output stream handler "{handler}"; there is: {_IN_ORDER}'
                self.problems.append(place.problem(message, "output_stream_handler", 0))

    def _interface(self, field: str, *, once: bool = False) -> Interface:
        kind, texts = field.replace("_", " "), getattr(self.config.proto, field)[:]
        if not texts:
            return Interface(kind, (), {})
        specs, wrong = parse_specs(texts)
        for place, message in wrong:
            self.problems.append(self.config.problem(f"{field} {message}", field, place))
        keys = []
        numbers: dict[str, int] = {}
        known = self.numbers[field]
        for position, spec in enumerate(specs):
            if spec is None:
                continue
            name, key = spec.name, spec.key
            if once and name in numbers:
                self.problems.append(self.config.problem(f'{field} "{name}" is given twice', field, position))
            keys.append(key)
            numbers[key] = numbers[name] = known.setdefault(name, len(known))
        return Interface(kind, tuple(keys), numbers)

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
        first: dict[int, NodePlan] = {}
        sent = _SentTypes(producers)
        edges = []
        for node in self.nodes:
            slots: list[Slot] = getattr(node, ends)
            if ends == "inputs" and node.proto.input_stream_info:
                back = self._back_edges(node)
                slots[:] = [slot._replace(back_edge=slot.place in back) for slot in slots]
            for slot in slots:
                if slot.stream in from_outside:
                    self._narrow(given, node, slot, FIELDS[ends], first)
                elif slot.stream not in producers:
                    message = f'{FIELDS[ends]} "{slot.spec.name}" has no producer'
                    names = {slot.spec.name for _, slot in producers.values()} | set(given.numbers)
                    message += did_you_mean(slot.spec.name, names) or _UNDECLARED
                    self._slot_problem(node, slot, FIELDS[ends], message)
                else:
                    producer, _ = producers[slot.stream]
                    taken = slot.port.type
                    sends = object if taken is object else sent[slot.stream]
                    if sends is not object and not issubclass(sends, taken):
                        message = f'takes {taken.__name__}, but node "{producer.name}" sends'
                        message = f'{FIELDS[ends]} "{slot.spec}" {message} {sends.__name__}'
                        self._slot_problem(node, slot, FIELDS[ends], message)
                    if not slot.back_edge:
                        edges.append((producer.index, node.index))
        return edges

    def _produced_twice(self, node: NodePlan, slot: Slot, field: str, other: str) -> None:
        self._slot_problem(node, slot, field, f'{field} "{slot.spec.name}" already comes from {other}')

    def _slot_problem(self, node: NodePlan, slot: Slot, field: str, message: str) -> None:
        self.problems.append(self.sourced[node.index].problem(message, field, slot.position))

    def _narrow(self, given: Interface, node: NodePlan, slot: Slot, field: str, first: dict[int, NodePlan]) -> None:
        """Note that what comes from outside must be of the type that `node` takes."""
        known, taken = given.types.get(slot.stream, object), slot.port.type
        if issubclass(taken, known):
            given.types[slot.stream] = taken
            first[slot.stream] = node
        elif not issubclass(known, taken):
            message = f'takes {taken.__name__}, but node "{first[slot.stream].name}" takes {known.__name__} from it'
            self._slot_problem(node, slot, field, f'{field} "{slot.spec}" {message}')

    def _back_edges(self, node: NodePlan) -> set[str]:
        found: set[str] = set()
        known: set[str] = set()
        places = {slot.place for slot in node.inputs}
        for position, info in enumerate(node.proto.input_stream_info):
            try:
                place = tag_index(*parse_tag_index(info.tag_index))
                if place not in places:
                    raise ValueError(f'the node has no input stream at "{place}"')
                if place in known:
                    raise ValueError(f'the input stream at "{place}" is given twice')
                known.add(place)
            except ValueError as error:
                problem = self.sourced[node.index].problem(f"input_stream_info: {error}", "input_stream_info", position)
                self.problems.append(problem)
            else:
                if info.back_edge:
                    found.add(place)
        return found

    def _check_outputs(self, field: str, origins: str, outputs: Interface, inputs: Interface) -> None:
        texts = getattr(self.config.proto, field)
        if not texts:
            return
        produced = {slot.spec.name for node in self.nodes for slot in getattr(node, origins)} | set(inputs.numbers)
        for position, text in enumerate(texts):
            name = text.rpartition(":")[2]
            if name in outputs.numbers and name not in produced:
                message = f'{field} "{name}" has no producer{did_you_mean(name, produced)}'
                self.problems.append(self.config.problem(message, field, position))

    def _order(self, edges: Sequence[tuple[int, int]]) -> list[int]:
        if all(producer < consumer for producer, consumer in edges):
            return list(range(len(self.nodes)))
        graph: nx.DiGraph[int] = nx.DiGraph(edges)
        graph.add_nodes_from(range(len(self.nodes)))
        loops = [
            loop for loop in nx.strongly_connected_components(graph) if len(loop) > 1 or graph.has_edge(*(*loop,) * 2)
        ]
        for loop in loops:
            if any(self.nodes[index].calculator is UnknownCalculator for index in loop):
                continue  # which may be a subgraph, with the back edge in it
            cycle = [edge[0] for edge in nx.find_cycle(graph.subgraph(loop))]
            first = cycle.index(min(cycle))
            cycle = [*cycle[first:], *cycle[: first + 1]]
            names = " > ".join(self.nodes[index].name for index in cycle)
            hint = "mark the edge that goes back with input_stream_info { back_edge: true }"
            self.problems.append(self.sourced[cycle[0]].problem(f"is on a cycle: {names}; {hint}"))
        return list(range(len(self.nodes))) if loops else list(nx.lexicographical_topological_sort(graph))


class _SentTypes:
    """The types that streams hold, looked for before nodes that only pass them on."""

    def __init__(self, producers: Mapping[int, tuple[NodePlan, Slot]]) -> None:
        self._producers = producers
        self._known: dict[int, type[Any]] = {}

    def __getitem__(self, stream: int) -> type[Any]:
        found: type[Any] = object
        at, seen = stream, set[int]()
        while at in self._producers and at not in seen:
            seen.add(at)
            narrower, origin = self._known.get(at), None
            if narrower is None:
                narrower, origin = self._declared(at)
            if issubclass(narrower, found):
                found = narrower
            if origin is None:
                break
            at = origin
        self._known[stream] = found
        return found

    def _declared(self, stream: int) -> tuple[type[Any], int | None]:
        """What the port of a stream says of it, and the stream that it is the same as."""
        node, slot = self._producers[stream]
        port = slot.port.same_as
        if port is None:
            return slot.port.type, None
        for item in node.inputs:
            same_tag = port.tag != ANY_TAG or item.spec.tag == slot.spec.tag
            if item.port is port and same_tag and item.spec.index == slot.spec.index:
                return port.type, item.stream
        return port.type, None


def _untimed(nodes: Sequence[NodePlan]) -> list[int]:
    """The streams that are only read by nodes whose policies do not care about the order of timestamps."""
    if all(node.input_policy.timed for node in nodes):
        return []
    timed: dict[int, bool] = {}
    for node in nodes:
        for slot in node.inputs:
            timed[slot.stream] = timed.get(slot.stream, False) or node.input_policy.timed
    return [stream for stream, is_timed in timed.items() if not is_timed]
