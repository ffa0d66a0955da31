"""Loads the calculators of a graph, side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from graphframe.framework.calculator import Calculator, NodeContext
from graphframe.framework.errors import CalculatorError
from graphframe.framework.planning.plan import NodePlan, Plan
from graphframe.framework.timestamp import Timestamp

_MOST_AT_ONCE = 16


class LoadTracer(Protocol):
    """What follows the loading of a graph; called from the threads that load its nodes."""

    def loading(self, node: NodePlan) -> AbstractContextManager[None]:
        """The node is loaded within, in this thread."""


def load_nodes(plan: Plan, tracer: LoadTracer | None) -> tuple[list[Calculator], dict[str, Any]]:
    """The loaded calculators of the nodes, and all that they published.

    Raises
    ------
    CalculatorError
        If one fails; the others are loaded to their end all the same.
    """
    load = partial(_load_node, base=plan.base, tracer=tracer)
    if sum(node.calculator.load is not Calculator.load for node in plan.nodes) > 1:
        with ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="graphframe-load") as threads:
            loaded = list(threads.map(load, plan.nodes))
    else:
        loaded = list(map(load, plan.nodes))
    errors = [node for node in loaded if isinstance(node, CalculatorError)]
    calculators: list[Calculator] = []
    properties: dict[str, Any] = {}
    for node, result in zip(plan.nodes, loaded, strict=True):
        if isinstance(result, CalculatorError):
            continue
        calculator, published = result
        calculators.append(calculator)
        if not published:
            continue
        for name in published.keys() & properties.keys():
            twice = ValueError(f'another node has published "{name}" already; only one node of a graph can')
            errors += [_error(node, twice)]
        properties |= published
    if errors:
        errors[0].others = tuple(errors[1:])
        raise errors[0]
    return calculators, properties


def _load_node(
    node: NodePlan, base: Path, tracer: LoadTracer | None
) -> tuple[Calculator, dict[str, Any]] | CalculatorError:
    """The calculator and what it published, or why there is none."""
    try:
        calculator = node.calculator()
        if tracer is None and node.calculator.load is Calculator.load:
            return calculator, {}
        name, device_properties = node.calculator.__name__, node.proto.device_properties
        context = NodeContext(node.name, name, node.device, device_properties, base, node.options)
        with nullcontext() if tracer is None else tracer.loading(node):
            calculator.load(context)
    except (Exception, SystemExit) as cause:
        return _error(node, cause)
    return calculator, context.published


def _error(node: NodePlan, cause: BaseException) -> CalculatorError:
    return CalculatorError(node.name, node.calculator.__name__, "load", Timestamp.UNSET, cause)
