"""Reading a graph's text, and where each field of it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from google.protobuf import descriptor_pool, text_format

from graphframe.framework.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.errors import GraphConfigError, Problem, did_you_mean

FieldPath = tuple[str | int, ...]
"""Names and positions of fields: ``("node", 0, "input_stream", 1)``."""
_MOST_UNKNOWN = 25
"""After so many unknown fields a text is taken for something else than a graph: each costs another parse."""


@dataclass(frozen=True)
class SourcedNode:
    """A node of a config, and where it was written.

    Attributes
    ----------
    name : str
        Its name; for a node without one that of its calculator, numbered where several share it.
    """

    proto: CalculatorGraphConfig.Node
    name: str
    source: str
    lines: Mapping[FieldPath, int] = field(default_factory=dict)
    path: FieldPath = ()

    def problem(self, message: str, *place: str | int) -> Problem:
        """A problem of this node, at one of its fields if `place` says which."""
        line = self.lines.get((*self.path, *place)) or self.lines.get(self.path)
        return Problem(f'node "{self.name}": {message}', self.source, line)


@dataclass(frozen=True)
class SourcedConfig:
    """A config, the name of what it was read from, the line of each field, and what could not be read of it."""

    proto: CalculatorGraphConfig
    source: str
    lines: Mapping[FieldPath, int] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    @property
    def nodes(self) -> list[SourcedNode]:
        """The nodes, in the order of the text."""
        alike = Counter(node.calculator for node in self.proto.node if not node.name)
        numbers: Counter[str] = Counter()
        nodes = []
        for position, node in enumerate(self.proto.node):
            name = node.name
            if not name:
                numbers[node.calculator] += 1
                name = node.calculator
                if alike[node.calculator] > 1:
                    name += f"_{numbers[node.calculator]}"
            nodes.append(SourcedNode(node, name, self.source, self.lines, ("node", position)))
        return nodes

    def problem(self, message: str, *place: str | int) -> Problem:
        """A problem of the config, at the field that `place` says."""
        return Problem(message, self.source, self.lines.get(place))


def parse(text: str, source: str, load_option_types: Callable[[], Iterable[str]] = lambda: ()) -> SourcedConfig:
    """Read a graph from protobuf's text format.

    Fields and types of options that are not known are left out, and listed in the `problems` of what is returned.

    Parameters
    ----------
    text : str
    source : str
        What the text was read from, for messages.
    load_option_types : callable
        Called when the text holds something that is not known yet; gives the names of all types of options.

    Raises
    ------
    GraphConfigError
        With the line, if the text cannot be read, or has too many unknown fields to be a graph.
    """
    problems: list[Problem] = []
    option_types: Iterable[str] | None = None
    known = text
    while True:
        try:
            proto = text_format.Parse(known, CalculatorGraphConfig())
            break
        except text_format.ParseError as error:
            if option_types is None:
                option_types = load_option_types()
                continue
            message, start, unknown = _explain(error, known, option_types)
            problems.append(Problem(message, source, known.count("\n", 0, start) + 1))
            if not unknown or len(problems) == _MOST_UNKNOWN:
                raise GraphConfigError(problems) from error
            known = _without_field(known, start)
    lines: dict[FieldPath, int] = {}
    _scan_message(_Tokens(known), (), lines)
    return SourcedConfig(proto, source, lines, problems)


def _explain(error: text_format.ParseError, text: str, option_types: Iterable[str]) -> tuple[str, int, bool]:
    """What is wrong, the offset of it, and whether it is a field or a type that is not known."""
    message = re.sub(r"^\d+:\d+ : ", "", str(error))
    line, column = error.GetLine() or 1, error.GetColumn() or 1
    start = sum(len(before) + 1 for before in text.split("\n")[: line - 1]) + column - 1
    if match := re.search(r"Type (\S+) not found in descriptor pool", message):
        name = match[1]
        if place := re.search(rf"\[[^\]]*/\s*{re.escape(name)}\s*\]", text):
            return f"the option type {name} is not known{did_you_mean(name, option_types)}", place.start(), True
    if match := re.search(r'Extension "(\S+)" not registered', message):
        return f"the extension {match[1]} is not known", text.rindex("[", 0, start), True
    if match := re.search(r'Message type "(\S+)" has no field named "(\S+)"', message):
        fields = descriptor_pool.Default().FindMessageTypeByName(match[1]).fields_by_name
        hint = f"{did_you_mean(match[2], fields)}; it has: {', '.join(fields) or 'none'}"
        return f'{match[1]} has no field "{match[2]}"{hint}', start, True
    return re.sub(r"^'\s*(.*)': (?=\w)", r"in `\1`: ", message), start, False


def _without_field(text: str, start: int) -> str:
    """`text` with blanks in place of the field that begins at `start`."""
    tokens = _Tokens(text, start)
    _scan_field(tokens, (), Counter(), {})
    return text[:start] + re.sub(r"[^\n]", " ", text[start : tokens.offset]) + text[tokens.offset :]


_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<word>[\w.+-]+)|(?P<mark>.)""",
    re.DOTALL,
)


class _Tokens:
    """The tokens of a text, with a look at the next one: `text` is empty after the last."""

    def __init__(self, text: str, start: int = 0) -> None:
        self._text = text
        self._matches = (match for match in _TOKEN.finditer(text, start) if match.lastgroup != "skip")
        self.line, self.offset = 1, 0
        self.advance()

    def advance(self) -> None:
        match = next(self._matches, None)
        self.text = match[0] if match else ""
        self.kind = match.lastgroup if match else None
        offset = match.start() if match else len(self._text)
        self.line += self._text.count("\n", self.offset, offset)
        self.offset = offset

    def skip(self, mark: str) -> bool:
        """Whether the next token is `mark`, which is passed over then."""
        if found := self.text == mark:
            self.advance()
        return found


def _scan_message(tokens: _Tokens, path: FieldPath, lines: dict[FieldPath, int]) -> None:
    counts: Counter[str] = Counter()
    while tokens.text not in ("", "}", ">"):
        _scan_field(tokens, path, counts, lines)


def _scan_field(tokens: _Tokens, path: FieldPath, counts: Counter[str], lines: dict[FieldPath, int]) -> None:
    line, name = tokens.line, tokens.text
    tokens.advance()
    if name == "[":
        name = ""
        while tokens.text not in ("", "]"):
            name += tokens.text
            tokens.advance()
        tokens.advance()
    tokens.skip(":")
    in_list = tokens.skip("[")
    while not (in_list and tokens.skip("]")):
        here = (*path, name, counts[name])
        lines[here] = tokens.line if in_list else line
        counts[name] += 1
        _scan_value(tokens, here, lines)
        tokens.skip(",")
        if not in_list or not tokens.text:
            break
    tokens.skip(";")


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
