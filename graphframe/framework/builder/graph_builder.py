"""`GraphBuilder`: graphs that are built in Python rather than written as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast

from graphframe.framework.builder.connections import (
    BackEdge,
    BuilderSidePacket,
    BuilderStream,
    Connectable,
    Place,
    Produced,
    connect,
    names_of,
    write,
)
from graphframe.framework.calculator import Calculator
from graphframe.framework.config.options.node_options import pack
from graphframe.framework.config.registry import find_calculator
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.specs import parse_tag_index, tag_index
from graphframe.framework.errors import GraphConfigError
from graphframe.framework.graph import Graph, make_graph
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig, InputStreamHandlerConfig

S = TypeVar("S", BuilderStream, BuilderSidePacket)


class BuilderNode:
    """A node of a graph that is being built.

    Attributes
    ----------
    proto : CalculatorGraphConfig.Node
        Its config without its connections, for fields that `GraphBuilder.add` has no parameter for.
    """

    def __init__(self, proto: CalculatorGraphConfig.Node) -> None:
        self.proto = proto
        self.inputs: dict[Place, Connectable] = {}
        self.outputs: dict[Place, Produced] = {}

    def __getitem__(self, place: str) -> BuilderStream:
        """Return the output stream at ``"TAG"`` or ``"TAG:1"``; without a tag at ``""``, ``":1"`` ..."""
        return self._output(BuilderStream, place)

    def side_packet(self, place: str) -> BuilderSidePacket:
        """Return the output side packet at ``"TAG"`` or ``"TAG:1"``; without a tag at ``""``, ``":1"`` ..."""
        return self._output(BuilderSidePacket, place)

    def _output(self, kind: type[S], place: str) -> S:
        tag, last = parse_tag_index(place)
        name = self.proto.name or self.proto.calculator.rpartition(".")[2].removesuffix("Calculator")
        for index in range(last + 1):  # as the indexes of a tag must not have gaps
            proposal = "_".join(filter(None, (name, tag, str(index or ""))))
            found = self.outputs.setdefault((f"output_{kind.kind}", tag, index), kind(proposal))
        return cast(S, found)


class GraphBuilder:
    """A graph that is built node by node.

    Attributes
    ----------
    proto : CalculatorGraphConfig
        The config of the graph without its nodes and connections, for settings such as `max_queue_size`.

    Examples
    --------
    >>> builder = GraphBuilder()
    >>> word = builder.input("WORD")
    >>> node = builder.add("PassThroughCalculator", WORD=word, name="pass")
    >>> builder.output("SAME", node["WORD"])
    >>> builder.build().run(WORD="hello")
    {'SAME': [Packet('hello', 0)]}
    """

    def __init__(self) -> None:
        self.proto = CalculatorGraphConfig()
        self._inputs: dict[Place, Produced] = {}
        self._outputs: dict[Place, Connectable] = {}
        self._nodes: list[BuilderNode] = []
        self._calculators: dict[str, type[Calculator]] = {}

    def input(self, place: str = "") -> BuilderStream:
        """Add an input stream to the graph, at ``"TAG"`` or ``"TAG:1"``. Without a tag it should be `named`."""
        return self._input(BuilderStream, place)

    def side_input(self, place: str = "") -> BuilderSidePacket:
        """Add an input side packet to the graph, at ``"TAG"`` or ``"TAG:1"``. Without a tag it should be `named`."""
        return self._input(BuilderSidePacket, place)

    def back_edge(self) -> BackEdge:
        """Return a stream that nodes can take before its producer is added; then connect it with `BackEdge.connect`."""
        return BackEdge()

    def add(
        self,
        calculator: type[Calculator] | str,
        *untagged: Connectable,
        name: str = "",
        options: object = None,
        device: str = "",
        device_properties: Mapping[str, str] | None = None,
        executor: str = "",
        input_policy: str | InputStreamHandlerConfig = "",
        max_in_flight: int = 0,
        **tagged: Connectable | Sequence[Connectable],
    ) -> BuilderNode:
        """Add a node.

        Parameters
        ----------
        calculator : type or str
            A calculator, which need not be registered, or the name of a calculator or subgraph.
        *untagged : BuilderStream or BuilderSidePacket
            Inputs without a tag.
        name : str, optional
        options : Message or dataclass instance, optional
        device : str, optional
            The OpenVINO device that the node is bound to.
        device_properties : mapping, optional
            OpenVINO properties for the models that it compiles.
        executor : str, optional
            The name of the graph's executor that runs the node.
        input_policy : str or InputStreamHandlerConfig, optional
            The name of an input policy, or its config.
        max_in_flight : int, optional
            The number of input sets that the node may process at once; by default 1.
        **tagged : BuilderStream, BuilderSidePacket, or sequence of these
            Inputs by tag; a sequence fills the indexes of the tag.

        Raises
        ------
        TypeError
            If an input is something else, or two calculators have the same name.
        ValueError
            If the name of an input is not a tag.
        """
        if isinstance(calculator, type):
            if self._calculators.setdefault(calculator.__name__, calculator) is not calculator:
                raise TypeError(f"there is another calculator {calculator.__name__} in the graph; rename one")
            calculator = calculator.__name__
        proto = CalculatorGraphConfig.Node(
            name=name, calculator=calculator, device=device, executor=executor, max_in_flight=max_in_flight
        )
        proto.device_properties.update(device_properties or {})
        if options is not None:
            proto.node_options.append(pack(options))
        if isinstance(input_policy, InputStreamHandlerConfig):
            proto.input_stream_handler.CopyFrom(input_policy)
        elif input_policy:
            proto.input_stream_handler.input_stream_handler = input_policy
        node = BuilderNode(proto)
        for source in untagged:
            connect(node.inputs, "input", "", source)
        for tag, sources in tagged.items():
            for source in sources if isinstance(sources, Sequence) else [sources]:
                connect(node.inputs, "input", tag, source)
        self._nodes.append(node)
        return node

    def output(self, tag: str, source: Connectable) -> None:
        """Make a stream or side packet an output of the graph. With ``""`` for no tag it should be `named`."""
        connect(self._outputs, "output", tag, source)

    def config(self) -> CalculatorGraphConfig:
        """Return the config of the graph.

        Raises
        ------
        GraphConfigError
            If a back edge is not connected, or a stream belongs to another builder. Nothing else is checked.
        """
        return self._config().proto

    def build(self, base: str | Path = ".") -> Graph:
        """Validate the graph, and return it.

        Parameters
        ----------
        base : path, optional
            The folder that relative paths in the graph start from.

        Raises
        ------
        GraphConfigError
            With all problems.
        """
        return make_graph(self._config(), base, self._find)

    def _find(self, name: str) -> type[Calculator]:
        return self._calculators.get(name) or find_calculator(name)

    def _input(self, kind: type[S], place: str) -> S:
        source = kind(place.replace(":", "_") or "input")
        connect(self._inputs, "input", place, source)
        return source

    def _config(self) -> SourcedConfig:
        proto = CalculatorGraphConfig()
        proto.CopyFrom(self.proto)
        produced = [*self._inputs.values(), *(output for node in self._nodes for output in node.outputs.values())]
        names = names_of(produced)
        proto.node.extend(node.proto for node in self._nodes)
        config = SourcedConfig(proto, "GraphBuilder")
        problems = list(map(config.problem, write(proto, {**self._inputs, **self._outputs}, names)))
        for node, sourced in zip(self._nodes, config.nodes, strict=True):
            problems += map(sourced.problem, write(sourced.proto, {**node.inputs, **node.outputs}, names))
            for (_, tag, index), source in node.inputs.items():
                if isinstance(source, BackEdge):
                    sourced.proto.input_stream_info.add(tag_index=tag_index(tag, index), back_edge=True)
        if problems:
            raise GraphConfigError(problems)
        return config
