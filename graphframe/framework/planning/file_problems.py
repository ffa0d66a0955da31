"""Problems of a graph with the files that it names, found without loading it."""

from __future__ import annotations

from collections.abc import Iterator

from graphframe.framework.calculator import NodeContext
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.errors import Problem
from graphframe.framework.planning.plan import Plan


def file_problems(plan: Plan, config: SourcedConfig) -> Iterator[Problem]:
    """Yield the problems that `Calculator.check_files` finds, each with the line of its node.

    A subgraph's node has the line of the node that the subgraph replaces.
    """
    for node in plan.nodes:
        info = node.info
        context = NodeContext(
            info.name, info.calculator, info.device, info.device_properties, config.base, info.options
        )
        for message in node.calculator.check_files(context):
            yield _located(config, info.name, message)


def _located(config: SourcedConfig, name: str, message: str) -> Problem:
    for node in config.nodes:
        if name == node.name or name.startswith(f"{node.name}__"):
            return node.problem(message)
    return config.problem(message)
