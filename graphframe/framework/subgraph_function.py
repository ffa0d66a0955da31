"""Subgraphs that a Python function makes, where MediaPipe has templates and C++ subgraphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphframe.framework.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.config import SourcedConfig, SourcedNode, parse
from graphframe.framework.errors import GraphConfigError
from graphframe.framework.names import Spec, parse_specs
from graphframe.framework.options import node_options
from graphframe.framework.port import M, Options


class SubgraphNode:
    """What a function that makes a subgraph is told about the node in whose place it comes.

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
        self._options = options

    def __getitem__(self, options: Options[M]) -> M:
        """The node's options of that type, or the type's defaults."""
        return self._options.get(options.type) or options.type()


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
        except Exception as error:
            messages = [f"the subgraph {self.type}: {type(error).__name__}: {error}"]
            if isinstance(error, GraphConfigError):
                messages = [str(problem) for problem in error.problems]
            raise GraphConfigError([node.problem(message, "calculator", 0) for message in messages]) from error
        line = node.line("calculator", 0)
        return SourcedConfig(proto, node.source, {} if line is None else {(): line})

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


def _specs(texts: Iterable[str]) -> list[Spec]:
    return [spec for spec in parse_specs(texts)[0] if spec is not None]
