"""Graphs to draw. Unknown calculators and options, and mistakes, are allowed in them."""

from __future__ import annotations

import inspect
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from google.protobuf import text_format

from graphframe.framework.config.registry import load_option_types
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.text.reading import parse
from graphframe.framework.config.text.tokens import blanked, tokens
from graphframe.framework.errors import GraphConfigError, Problem
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

_FIELDS_OF_OPTIONS = {"options", "node_options", "graph_options"}
_GENERATORS = ("packet_generator", "packet_factory")


@dataclass(frozen=True)
class DrawableGraph:
    """A graph to draw, with the text of the options of each of its nodes."""

    config: SourcedConfig
    options: list[str]


def read_drawable(path: Path) -> DrawableGraph:
    """Read a graph from a file. The text of its options is as written, whether their types are known or not.

    Raises
    ------
    GraphConfigError
        If the text is not a graph, or has no nodes.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    messages = list(_options(text))
    try:
        config = parse(text, str(path), load_option_types, allow_unknown=True)
    except GraphConfigError:  # which may be about options
        config = _parsed(blanked(text, ((message.start, message.end) for message in messages)), path)
    graph = _all_nodes(config._replace(base=path.parent))
    if not graph.nodes:
        raise GraphConfigError([*config.problems, Problem("the graph has no nodes to draw", str(path))])
    texts = defaultdict(list)
    for message in messages:
        texts[message.owner].append(_tidy(text[message.start : message.end]))
    counts = [("node", len(config.proto.node)), *((name, len(getattr(config.proto, name))) for name in _GENERATORS)]
    owners = [(name, position) for name, count in counts for position in range(count)]
    return DrawableGraph(graph, ["\n".join(texts[owner]) for owner in owners])


def _parsed(text: str, path: Path) -> SourcedConfig:
    try:
        return parse(text, str(path))
    except GraphConfigError as error:  # the last problem is why it cannot be read, the others are unknown fields
        raise GraphConfigError(error.problems[-1:]) from error


def drawable(config: SourcedConfig) -> DrawableGraph:
    """Return the graph of a config that may come from no text."""
    found = _all_nodes(config)
    texts = []
    for node in found.nodes:
        messages = [*node.proto.node_options, *([node.proto.options] if node.proto.HasField("options") else [])]
        texts.append("\n".join(_tidy(text_format.MessageToString(message, as_utf8=True)) for message in messages))
    return DrawableGraph(found, texts)


def _all_nodes(config: SourcedConfig) -> SourcedConfig:
    """Return the config with nodes in place of the packet generators and factories of old graphs."""
    proto = CalculatorGraphConfig()
    proto.CopyFrom(config.proto)
    for generator in config.proto.packet_generator:
        proto.node.add(
            calculator=generator.packet_generator,
            input_side_packet=[*generator.input_side_packet, *generator.external_input],
            output_side_packet=[*generator.output_side_packet, *generator.external_output],
        )
    for factory in config.proto.packet_factory:
        output = factory.output_side_packet or factory.external_output
        proto.node.add(calculator=factory.packet_factory, output_side_packet=[output])
    return config._replace(proto=proto)


class _OptionsText(NamedTuple):
    """The inside of a message of options in a text.

    Attributes
    ----------
    owner : tuple or None
        The field of the graph that it belongs to, such as ``("node", 2)``; None for other options.
    start, end : int
        Offsets in the text.
    """

    owner: tuple[str, int] | None
    start: int
    end: int


def _options(text: str) -> Iterator[_OptionsText]:
    """Yield the messages of options that are not within other options, in the order of the text."""
    opened: list[str] = []
    counts: Counter[str] = Counter()
    field, options_depth, start = "", 0, 0
    for token in tokens(text):
        if token.text in ("{", "<"):
            opened.append(field)
            counts[field] += len(opened) == 1
            if field in _FIELDS_OF_OPTIONS and not options_depth:
                options_depth, start = len(opened), token.end
        elif token.text in ("}", ">") and opened:
            if len(opened) == options_depth:
                options_depth = 0
                owner = (opened[0], counts[opened[0]] - 1) if len(opened) == 2 else None
                yield _OptionsText(owner, start, token.start)
            field = opened.pop()  # as the next message of a list has the same field
        elif token.text.isidentifier():
            field = token.text


def _tidy(text: str) -> str:
    return inspect.cleandoc(text.strip()).replace("[type.googleapis.com/", "[")
