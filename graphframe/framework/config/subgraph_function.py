"""Subgraphs that a Python function makes, where MediaPipe has templates and C++ subgraphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphframe.framework.config.node_options import node_options
from graphframe.framework.config.paths import resolve_path
from graphframe.framework.config.reading import SourcedConfig, SourcedNode, parse
from graphframe.framework.config.specs import Spec, parse_specs
from graphframe.framework.errors import GraphConfigError, Problem
from graphframe.framework.port import M, Options
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig


class SubgraphNode:
    """What a function that makes a subgraph is told about the node in whose place it comes.

    The function may raise a `GraphConfigError` with several problems that `problem` made.

    Attributes
    ----------
    name : str
    inputs, outputs, side_inputs, side_outputs : list of Spec
        What the node connects, in the order of the text: each has a `tag`, an `index` and a `name`.
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
        """The node's options of that type, or the type's defaults."""
        return self._options.get(options.type) or options.type()

    def path(self, path: str) -> Path:
        """`path` as the graph means it: relative to the graph's folder.

        Raises
        ------
        ValueError
            If a relative path leaves that folder.
        """
        return resolve_path(self._node.base, path)

    def problem(self, message: str, *field: str | int) -> Problem:
        """A problem of the node, at a field of its options: ``"device"``, or ``"item", 2, "path"``."""
        place = (*field, *(() if field and isinstance(field[-1], int) else (0,)))
        start = len(self._node.path)
        # NOTE: before the field are that which holds the options, and their type as it is written.
        for found in self._node.lines:
            if found[:start] == self._node.path and field and found[start + 4 :] == place:
                return self._node.problem(message, *found[start:])
        return self._node.problem(message)


MakeSubgraph = Callable[[SubgraphNode], CalculatorGraphConfig | str]
"""Makes the graph that replaces a node, as a config or as text."""


@dataclass(frozen=True)
class SubgraphFunction:
    """A subgraph that is made anew for each node."""

    type: str
    make: MakeSubgraph
    options: tuple[Options[Any], ...]

    def config_for(self, node: SourcedNode, load_option_types: Callable[[], Iterable[str]]) -> SourcedConfig:
        """The graph in whose place `node` stands. Its problems are told at the line of the node.

        Raises
        ------
        GraphConfigError
            If the function raises, or makes no graph.
        """
        options, problems = node_options(node, self.options)
        if problems:
            raise GraphConfigError(problems)
        try:
            proto = self._made(SubgraphNode(node, options), load_option_types)
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

    def _made(self, node: SubgraphNode, load_option_types: Callable[[], Iterable[str]]) -> CalculatorGraphConfig:
        made = self.make(node)
        if isinstance(made, CalculatorGraphConfig):
            return made
        if not isinstance(made, str):
            raise TypeError(f"its function must return a CalculatorGraphConfig or text, not {type(made).__name__}")
        config = parse(made, f"the subgraph {self.type}", load_option_types)
        if config.problems:
            raise GraphConfigError(config.problems)
        return config.proto


def _specs(texts: Sequence[str]) -> list[Spec]:
    return [spec for spec in parse_specs(texts)[0] if spec is not None]
