"""Loads the calculators of a graph, in parallel, and keeps what runs of it share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from graphframe.framework.calculator import Calculator, NodeContext
from graphframe.framework.errors import CalculatorError
from graphframe.framework.planning.executors import DEVICE_THREADS, INLINE
from graphframe.framework.planning.plan import NodePlan, Plan
from graphframe.framework.running.threads import ThreadPool
from graphframe.framework.running.tracers import LoadTracer
from graphframe.framework.timestamp import Timestamp

_MOST_AT_ONCE = 16


@dataclass
class LoadedGraph:
    """The state that all runs of a loaded graph share.

    Attributes
    ----------
    calculators : list of Calculator
        In execution order.
    properties : dict
        The values that calculators published, by name.
    executors : dict
        By name; None for executors that run inline.
    starters : ThreadPool
        The threads on which asynchronous runs begin.
    """

    calculators: list[Calculator]
    properties: dict[str, Any]
    executors: dict[str, ThreadPool | None]
    starters: ThreadPool

    def close(self) -> None:
        """Wait until no thread works any more."""
        for executor in (*self.executors.values(), self.starters):
            if executor is not None:
                executor.shutdown()


def load_graph(plan: Plan, tracer: LoadTracer | None) -> LoadedGraph:
    """Load all nodes of a graph, and make its executors.

    Raises
    ------
    CalculatorError
        If a node fails, after the others are loaded.
    """
    calculators, properties = _load_nodes(plan, tracer)
    executors = {
        name: None if threads == INLINE else ThreadPool(threads, f"graphframe-{name or 'default'}")
        for name, threads in plan.executors.items()
    }
    return LoadedGraph(calculators, properties, executors, ThreadPool(DEVICE_THREADS, "graphframe-start"))


def _load_nodes(plan: Plan, tracer: LoadTracer | None) -> tuple[list[Calculator], dict[str, Any]]:
    """Return the loaded calculators, and what they published."""
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
    """Return the calculator and what it published, or why it could not be loaded."""
    try:
        calculator = node.calculator()
        if tracer is None and node.calculator.load is Calculator.load:
            return calculator, {}
        info = node.info
        context = NodeContext(info.name, info.calculator, info.device, info.device_properties, base, info.options)
        with nullcontext() if tracer is None else tracer.loading(info):
            calculator.load(context)
    except (Exception, SystemExit) as cause:
        return _error(node, cause)
    return calculator, context.published


def _error(node: NodePlan, cause: BaseException) -> CalculatorError:
    return CalculatorError(node.info.name, node.info.calculator, "load", Timestamp.UNSET, cause)
