"""Reading a graph only to look at it: whatever is unknown here, or wrong with it, is no obstacle."""

from __future__ import annotations

import inspect
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format

from graphframe.framework.config.reading import SourcedConfig, parse
from graphframe.framework.config.registry import load_option_types
from graphframe.framework.errors import GraphConfigError, Problem
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

_TOKEN = re.compile(r"""\#[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?P<word>\w+)|(?P<mark>[{}<>])""")
_FIELDS_OF_OPTIONS = {"options", "node_options", "graph_options"}
_GENERATORS = ("packet_generator", "packet_factory")


@dataclass(frozen=True)
class GraphSource:
    """A graph, and the text of the options of each of its nodes."""

    config: SourcedConfig
    options: list[str]


def read(path: Path) -> GraphSource:
    """Read a graph from a file; its options are told as they are written, whether their types are known or not.

    Raises
    ------
    GraphConfigError
        If the text is no graph, or has no nodes.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    plain, options = _without_options(text)
    try:
        config = parse(text, str(path), load_option_types, allow_unknown=True)
    except GraphConfigError:  # which may be about options
        config = _parsed(plain, path)
    found = _all_nodes(config._replace(base=path.parent))
    if not found.nodes:
        raise GraphConfigError([*config.problems, Problem("there is no node in this, so nothing to draw", str(path))])
    counts = [("node", len(config.proto.node)), *((name, len(getattr(config.proto, name))) for name in _GENERATORS)]
    return GraphSource(found, [options.get((name, number), "") for name, count in counts for number in range(count)])


def _parsed(text: str, path: Path) -> SourcedConfig:
    try:
        return parse(text, str(path))
    except GraphConfigError as error:  # the last problem is why it cannot be read, the others are what is unknown
        raise GraphConfigError(error.problems[-1:]) from error


def registered(config: SourcedConfig) -> GraphSource:
    """A graph that the registry has, in place of which there may be no text."""
    found = _all_nodes(config)
    texts = []
    for node in found.nodes:
        messages = [*node.proto.node_options, *([node.proto.options] if node.proto.HasField("options") else [])]
        texts.append("\n".join(_tidy(text_format.MessageToString(message, as_utf8=True)) for message in messages))
    return GraphSource(found, texts)


def _all_nodes(config: SourcedConfig) -> SourcedConfig:
    """The config with nodes in place of generators and factories of packets, of which old graphs have some."""
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


def _without_options(text: str) -> tuple[str, Mapping[tuple[str, int], str]]:
    """`text` with blanks for what is in its messages of options, and what was there in those of each node."""
    found: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    parts, end = [], 0
    open_fields: list[str] = []
    counts: Counter[str] = Counter()
    field, options_depth, start = "", 0, 0
    for token in _TOKEN.finditer(text):
        if token["word"]:
            field = token["word"]
        elif token["mark"] in ("{", "<"):
            open_fields.append(field)
            counts[field] += len(open_fields) == 1
            if field in _FIELDS_OF_OPTIONS and not options_depth:
                options_depth, start = len(open_fields), token.end()
        elif token["mark"] and open_fields:
            if len(open_fields) == options_depth:
                options_depth = 0
                inside = text[start : token.start()]
                if len(open_fields) == 2:
                    found[open_fields[0], counts[open_fields[0]] - 1].append(_tidy(inside))
                parts += [text[end:start], re.sub(r"[^\n]", " ", inside)]
                end = token.start()
            field = open_fields.pop()
    return "".join(parts) + text[end:], {place: "\n".join(texts) for place, texts in found.items()}


def _tidy(text: str) -> str:
    return inspect.cleandoc(text.strip()).replace("[type.googleapis.com/", "[")
