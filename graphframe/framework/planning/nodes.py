"""Plans the nodes of a config, each by itself: its calculator, options, connections, input policy and executor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphframe.framework.calculator import Calculator
from graphframe.framework.config.options.node_options import node_options
from graphframe.framework.config.registry import find_calculator, is_subgraph
from graphframe.framework.config.sourced import SourcedConfig, SourcedNode
from graphframe.framework.errors import Problem, did_you_mean
from graphframe.framework.input_policy import INPUT_POLICIES, configured
from graphframe.framework.input_policy.policy import InputPolicy
from graphframe.framework.node_info import NodeInfo
from graphframe.framework.planning.executors import DEFAULT, DEVICE_THREADS, INLINE, SOURCES, device_executor
from graphframe.framework.planning.plan import NodePlan
from graphframe.framework.planning.wiring import UnknownCalculator, Wiring

FindCalculator = Callable[[str], type[Calculator]]
"""Returns a calculator by its name, or raises LookupError."""


def find_or_stand_in(name: str) -> type[Calculator]:
    """Return the calculator of that name, or `UnknownCalculator` if it is unknown."""
    try:
        return find_calculator(name)
    except LookupError:
        return UnknownCalculator


class NodePlanner:
    """Plans nodes, and collects their problems and shared numbers.

    Parameters
    ----------
    config : SourcedConfig
    executors : dict
        The number of threads of each declared executor, by name; those of devices and sources are added.
    find : callable
    problems : list of Problem
        Extended by those of the nodes.

    Attributes
    ----------
    streams, side_packets : dict of str to int
        Their numbers by name, in the order in which nodes name them.
    """

    def __init__(
        self, config: SourcedConfig, executors: dict[str, int], find: FindCalculator, problems: list[Problem]
    ) -> None:
        self._problems = problems
        self.streams: dict[str, int] = {}
        self.side_packets: dict[str, int] = {}
        self._config = config
        self._executors = executors
        self._declared = set(executors)
        self._find = find
        self._has_policy = config.proto.HasField("input_stream_handler")

    def plan(self, index: int, node: SourcedNode) -> NodePlan:
        """Return the plan of one node; if that has problems, of as much of it as is right."""
        proto = node.proto
        calculator = self._calculator(node)
        taken = None if calculator is UnknownCalculator else calculator.contract.options
        options, problems = node_options(node, taken)
        self._problems += problems
        wiring = Wiring(node, calculator, self.streams, self.side_packets)
        fits = not wiring.problems
        if proto.input_stream_info:
            wiring.mark_back_edges()
        info = _info(index, node, calculator, wiring, options)
        messages = _check(calculator, info) if fits else []
        fits = fits and not messages
        self._problems += wiring.problems + [node.problem(message) for message in messages]
        plan = NodePlan(
            info,
            calculator,
            wiring.inputs,
            wiring.outputs,
            wiring.side_inputs,
            wiring.side_outputs,
            proto.source_layer,
            max(proto.max_in_flight, 1),
            self._executor(node, info.device),
            self._input_policy(calculator, info, node, fits=fits),
        )
        if fits and (plan.source_layer or not plan.inputs):
            self._check_source(plan, node)
        return plan

    def _calculator(self, node: SourcedNode) -> type[Calculator]:
        name = node.proto.calculator
        try:
            return self._find(name)
        except LookupError as error:
            if not is_subgraph(name):  # the problem of a subgraph that could not be expanded is reported already
                message = str(error) if name else "names no calculator"
                self._problems.append(node.problem(message, "calculator", 0))
            return UnknownCalculator

    def _executor(self, node: SourcedNode, device: str) -> str:
        name: str = node.proto.executor
        if name and name not in self._declared:
            hint = did_you_mean(name, self._declared) or f'; add executor {{ name: "{name}" ... }}'
            message = f'the executor "{name}" is not declared{hint}'
            self._problems.append(node.problem(message, "executor", 0))
        if not name and device:
            name = device_executor(device)
            self._executors[name] = DEVICE_THREADS
        return name or DEFAULT

    def _input_policy(
        self, calculator: type[Calculator], info: NodeInfo, node: SourcedNode, *, fits: bool
    ) -> InputPolicy:
        """Return the node's own policy, else the graph's, else its calculator's."""
        policy: InputPolicy = calculator.input_policy
        place: SourcedNode | SourcedConfig = node if node.proto.HasField("input_stream_handler") else self._config
        try:
            if place is node or self._has_policy:
                policy = configured(place.proto.input_stream_handler)
            if info.inputs and fits:
                policy = policy.bind(info)
        except KeyError:
            name = place.proto.input_stream_handler.input_stream_handler
            known = f"{did_you_mean(name, INPUT_POLICIES)}; known policies: {', '.join(INPUT_POLICIES)}"
            where = ("input_stream_handler", 0, "input_stream_handler", 0)
            self._problems.append(place.problem(f'the input policy "{name}" is unknown{known}', *where))
        except ValueError as error:
            self._problems.append(node.problem(f"input_stream_handler: {error}", "input_stream_handler", 0))
        return policy

    def _check_source(self, plan: NodePlan, node: SourcedNode) -> None:
        """Check the fields that only sources may have, or may not, and move sources to an executor of their own."""
        if plan.inputs or not plan.is_source:
            if plan.source_layer:
                self._problems.append(node.problem("source_layer is for sources, but it has inputs", "source_layer", 0))
            return
        if plan.max_in_flight > 1:
            self._problems.append(node.problem("max_in_flight is not for sources", "max_in_flight", 0))
        if plan.executor == DEFAULT and self._executors[DEFAULT] == INLINE:
            plan.executor = SOURCES
            self._executors[SOURCES] = DEVICE_THREADS


def _info(
    index: int,
    node: SourcedNode,
    calculator: type[Calculator],
    wiring: Wiring,
    options: Mapping[type, Any],
) -> NodeInfo:
    proto = node.proto
    device_properties = proto.device_properties
    return NodeInfo(
        index,
        node.name,
        proto.calculator,
        proto.device,
        dict(device_properties) if device_properties else {},
        calculator.process_timestamp_bounds,
        [connection.spec for connection in wiring.inputs],
        [connection.spec for connection in wiring.outputs],
        [connection.spec for connection in wiring.side_inputs] if wiring.side_inputs else (),
        [connection.spec for connection in wiring.side_outputs] if wiring.side_outputs else (),
        wiring.positions,
        options,
    )


def _check(calculator: type[Calculator], info: NodeInfo) -> list[str]:
    """Return what the calculator finds wrong with the node."""
    try:
        return list(calculator.check(info))
    except Exception as error:
        return [f"{calculator.__name__}.check failed: {type(error).__name__}: {error}"]
