"""Reading a graph's text, and where each field of it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from google.protobuf import descriptor_pool, text_format

from graphframe.framework.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.errors import GraphConfigError, Problem, did_you_mean

FieldPath = tuple[str | int, ...]
"""Names and positions of fields: ``("node", 0, "input_stream", 1)``."""


@dataclass(frozen=True)
class SourcedNode:
    """A node of a config, and where it was written."""

    proto: CalculatorGraphConfig.Node
    source: str
    lines: Mapping[FieldPath, int] = field(default_factory=dict)
    path: FieldPath = ()

    @property
    def title(self) -> str:
        """What messages call the node: its name, or its calculator where it has none."""
        return self.proto.name or self.proto.calculator

    def problem(self, message: str, *place: str | int) -> Problem:
        """A problem of this node, at one of its fields if `place` says which."""
        line = self.lines.get((*self.path, *place)) or self.lines.get(self.path)
        return Problem(f'node "{self.title}": {message}', self.source, line)


@dataclass(frozen=True)
class SourcedConfig:
    """A config, the name of what it was read from, and the line of each field."""

    proto: CalculatorGraphConfig
    source: str
    lines: Mapping[FieldPath, int] = field(default_factory=dict)

    @property
    def nodes(self) -> list[SourcedNode]:
        """The nodes, in the order of the text."""
        return [
            SourcedNode(node, self.source, self.lines, ("node", position))
            for position, node in enumerate(self.proto.node)
        ]

    def problem(self, message: str, *place: str | int) -> Problem:
        """A problem of the config, at the field that `place` says."""
        return Problem(message, self.source, self.lines.get(place))


def parse(text: str, source: str, load_option_types: Callable[[], None] = lambda: None) -> SourcedConfig:
    """Read a graph from protobuf's text format.

    Parameters
    ----------
    text : str
    source : str
        What the text was read from, for messages.
    load_option_types : callable
        Called when the text names a type that is not known yet.

    Raises
    ------
    GraphConfigError
        With the line, if the text cannot be read.
    """
    try:
        proto = text_format.Parse(text, CalculatorGraphConfig())
    except text_format.ParseError:
        load_option_types()
        try:
            proto = text_format.Parse(text, CalculatorGraphConfig())
        except text_format.ParseError as error:
            raise GraphConfigError([_explain(error, text, source)]) from error
    lines: dict[FieldPath, int] = {}
    _scan_message(_Tokens(text), (), lines)
    return SourcedConfig(proto, source, lines)


def _explain(error: text_format.ParseError, text: str, source: str) -> Problem:
    message = re.sub(r"^\d+:\d+ : ", "", str(error)).strip("'\"")
    line = error.GetLine()
    if match := re.search(r"Type (\S+) not found in descriptor pool", message):
        message = f"the option type {match[1]} is not known; is the package of its calculator installed?"
        line = text[: text.find(match[1].rsplit(".", 1)[-1])].count("\n") + 1
    elif match := re.search(r'Message type "(\S+)" has no field named "(\S+)"', message):
        fields = descriptor_pool.Default().FindMessageTypeByName(match[1]).fields_by_name
        message = f'{match[1]} has no field "{match[2]}"{did_you_mean(match[2], fields)}; it has: {", ".join(fields)}'
    return Problem(message, source, line)


_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<word>[\w.+-]+)|(?P<mark>.)""",
    re.DOTALL,
)


class _Tokens:
    """The tokens of a text that parses, with a look at the next one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._matches = (match for match in _TOKEN.finditer(text) if match.lastgroup != "skip")
        self._line, self._offset = 1, 0
        self.advance()

    def advance(self) -> None:
        match = next(self._matches, None)
        self.text = match[0] if match else ""
        self.kind = match.lastgroup if match else None
        if match:
            self._line += self._text.count("\n", self._offset, match.start())
            self._offset = match.start()
        self.line = self._line


def _scan_message(tokens: _Tokens, path: FieldPath, lines: dict[FieldPath, int]) -> None:
    counts: Counter[str] = Counter()
    while tokens.kind and tokens.text not in ("}", ">"):
        line, name = tokens.line, tokens.text
        tokens.advance()
        if name == "[":
            name = ""
            while tokens.text != "]":
                name += tokens.text
                tokens.advance()
            tokens.advance()
        if tokens.text == ":":
            tokens.advance()
        in_list = tokens.text == "["
        if in_list:
            tokens.advance()
        while True:
            here = (*path, name, counts[name])
            lines[here] = line if not in_list else tokens.line
            counts[name] += 1
            _scan_value(tokens, here, lines)
            if not in_list or tokens.text != ",":
                break
            tokens.advance()
        if in_list:
            tokens.advance()
        while tokens.text in (",", ";"):
            tokens.advance()


def _scan_value(tokens: _Tokens, path: FieldPath, lines: dict[FieldPath, int]) -> None:
    if tokens.text in ("{", "<"):
        tokens.advance()
        _scan_message(tokens, path, lines)
        tokens.advance()
    elif tokens.kind == "string":
        while tokens.kind == "string":
            tokens.advance()
    else:
        tokens.advance()
