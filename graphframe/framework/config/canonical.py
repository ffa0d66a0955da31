"""The canonical form of a config, which is the same for all texts of the same graph."""

from __future__ import annotations

from graphframe.framework.config.options.node_options import node_options, pack, written_options
from graphframe.framework.config.registry import find_calculator
from graphframe.framework.config.sourced import SourcedConfig, SourcedNode
from graphframe.framework.config.specs import CONNECTIONS, parse_specs
from graphframe.framework.config.subgraphs import expand
from graphframe.framework.errors import GraphConfigError, Problem
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig


def canonical(config: SourcedConfig) -> CalculatorGraphConfig:
    """Return the canonical form of a config: two configs of the same graph have the same.

    Subgraphs are expanded, every node has a name, connections are in the order of tags and indexes, and options are
    messages in `node_options`, in the order of their types.

    Raises
    ------
    GraphConfigError
        If the config or its subgraphs cannot be read. Nothing else is checked.
    """
    nodes, problems = expand(config)
    made = CalculatorGraphConfig()
    made.CopyFrom(config.proto)
    made.ClearField("node")
    made.ClearField("package")
    made.ClearField("options")
    made.ClearField("graph_options")
    _order(made)
    problems = [*config.problems, *problems]
    options, _ = written_options(config, "graph_options")
    made.graph_options.extend(pack(options[type_].message) for type_ in sorted(options))
    for node in nodes:
        proto, wrong = _canonical_node(node)
        made.node.append(proto)
        problems += wrong
    if problems:
        raise GraphConfigError(problems)
    return made


def _canonical_node(node: SourcedNode) -> tuple[CalculatorGraphConfig.Node, list[Problem]]:
    made = CalculatorGraphConfig.Node()
    made.CopyFrom(node.proto)
    made.name = node.name
    _order(made)
    infos = sorted(made.input_stream_info, key=lambda info: info.tag_index)
    made.ClearField("input_stream_info")
    made.input_stream_info.extend(infos)
    try:
        taken = find_calculator(node.proto.calculator).contract.options
    except LookupError:
        taken = None
    options, problems = node_options(node, taken)
    made.ClearField("options")
    made.ClearField("node_options")
    made.node_options.extend(sorted(map(pack, options.values()), key=lambda packed: packed.type_url))
    return made, problems


def _order(made: CalculatorGraphConfig | CalculatorGraphConfig.Node) -> None:
    """Write connections in the order of their tags and indexes."""
    for field in CONNECTIONS:
        specs, wrong = parse_specs(getattr(made, field))
        if not wrong:
            places = sorted((spec.tag, spec.index, str(spec)) for spec in specs if spec)
            getattr(made, field)[:] = [text for _, _, text in places]
