"""Subgraphs that a Python function returns, where MediaPipe has templates and C++ subgraphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphframe.framework.config.options.node_options import node_options
from graphframe.framework.config.options.paths import resolve_path
from graphframe.framework.config.sourced import SourcedConfig, SourcedNode
from graphframe.framework.config.specs import Spec, parse_specs
from graphframe.framework.config.text.reading import parse
from graphframe.framework.errors import GraphConfigError, Problem
from graphframe.framework.port import M, Options
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

_OPTIONS_DEPTH = 4
"""The length of the path of options in a node: ``("node_options", 0, "type.googleapis.com/MyOptions", 0)``."""


class SubgraphNode:
    """The node that a subgraph replaces, as the function of the subgraph gets it.

    The function may raise a `GraphConfigError` with several problems from `problem`.

    Attributes
    ----------
    name : str
    inputs, outputs, side_inputs, side_outputs : list of Spec
        The connections of the node, in the order of the text: each has a `tag`, an `index` and a `name`.
    """

    def __init__(self, node: SourcedNode, options: Mapping[type, Any]) -> None:
        self.name = node.name
        self.inputs = _specs(node.proto.input_stream)
        self.outputs = _specs(node.proto.output_stream)
        self.side_inputs = _specs(node.proto.input_side_packet)
        self.side_outputs = _specs(node.proto.output_side_packet)
        self._node = node
        self._options = options

    def __getitem__(self, options: Options[M]) -> M:
        """Return the node's options of that type, or the type's defaults."""
        return self._options.get(options.type) or options.type()

    def path(self, path: str) -> Path:
        """Return the full path of `path`, which is relative to the graph's folder.

        Raises
        ------
        ValueError
            If a relative path leaves that folder.
        """
        return resolve_path(self._node.base, path)

    def problem(self, message: str, *field: str | int) -> Problem:
        """Return a problem of the node, or of a field of its options: ``"device"``, or ``"item", 2, "path"``."""
        if not field:
            return self._node.problem(message)
        in_options = field if isinstance(field[-1], int) else (*field, 0)
        depth = len(self._node.path)
        for path in self._node.lines:
            in_node = path[depth:]
            if path[:depth] == self._node.path and in_node[_OPTIONS_DEPTH:] == in_options:
                return self._node.problem(message, *in_node)
        return self._node.problem(message)


MakeSubgraph = Callable[[SubgraphNode], CalculatorGraphConfig | str]
"""A function that returns the graph which replaces a node, as a config or as text."""


@dataclass(frozen=True)
class SubgraphFunction:
    """A subgraph whose function is called for each node."""

    type: str
    make: MakeSubgraph
    options: tuple[Options[Any], ...]

    def config_for(self, node: SourcedNode, load_option_types: Callable[[], Iterable[str]]) -> SourcedConfig:
        """Return the graph that replaces `node`. Its problems have the line of the node.

        Raises
        ------
        GraphConfigError
            If the function raises, or returns something else.
        """
        options, problems = node_options(node, self.options)
        if problems:
            raise GraphConfigError(problems)
        try:
            proto = self._call(SubgraphNode(node, options), load_option_types)
        except GraphConfigError as error:
            raise GraphConfigError(
                [
                    problem if problem.source == node.source else node.problem(str(problem), "calculator", 0)
                    for problem in error.problems
                ]
            ) from error
        except Exception as error:
            message = f"the subgraph {self.type}: {type(error).__name__}: {error}"
            raise GraphConfigError([node.problem(message, "calculator", 0)]) from error
        line = node.line("calculator", 0)
        return SourcedConfig(proto, node.source, {} if line is None else {(): line}, base=node.base)

    def _call(self, node: SubgraphNode, load_option_types: Callable[[], Iterable[str]]) -> CalculatorGraphConfig:
        graph = self.make(node)
        if isinstance(graph, CalculatorGraphConfig):
            return graph
        if not isinstance(graph, str):
            raise TypeError(f"its function must return a CalculatorGraphConfig or text, not {type(graph).__name__}")
        config = parse(graph, f"the subgraph {self.type}", load_option_types)
        if config.problems:
            raise GraphConfigError(config.problems)
        return config.proto


def _specs(texts: Sequence[str]) -> list[Spec]:
    return [spec for spec in parse_specs(texts)[0] if spec is not None]
