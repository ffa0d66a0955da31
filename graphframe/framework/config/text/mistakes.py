"""Usual mistakes in the text of a graph, each with what to write instead.

Protobuf's parser stops at the first mistake, and explains it in terms of its grammar. This scan finds those that people
make who know graphs from elsewhere: comments of other languages, unpaired quotes and braces, the two forms of options.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

_LEXEME = re.compile(
    r"""
      (?P<comment> \#[^\n]* )
    | (?P<string> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | (?P<foreign> //[^\n]* | /\*.*?(?:\*/|\Z) | <!--.*?(?:-->|\Z) | ^[ \t]*--[^\n]* )
    | (?P<fence> ^[ \t]*(?:```|~~~)[^\n]* )
    | (?P<schema> ^[ \t]*(?:(?:syntax|edition)\s*=|import\s*["']|package\s+[\w.]+\s*;|message\s+\w+\s*\{)[^\n]* )
    | (?P<item> ^[ \t]*-[ \t]+(?=[^\W\d]|["'{]) )
    | (?P<unpaired> ["'][^\n]* )
    | (?P<type> \[[^\[\]{}\n]*\](?=\s*:?\s*[{<]) )
    | (?P<name> [^\W\d][\w.]*(?:/[\w.]+)* )
    | (?P<number> [-+]?\.?\d[\w.+-]* )
    | (?P<mark> \S )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_OPEN, _CLOSE = "{<", "}>"
_PACKED = ("node_options", "graph_options")
_OWNERS = {"": "graph_options", "node": "node_options"}
"""The field for messages by their type URL, in a graph and in a node. Handlers and executors have only `options`."""
_EXTENDED = (*_OWNERS, "executor", "input_stream_handler", "output_stream_handler", "packet_generator")
_QUOTES = "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}`"
_QUOTES += "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}"
_QUOTES += "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{FULLWIDTH QUOTATION MARK}"
_ESCAPE = re.compile(r"\\(?:[xX](?![\da-fA-F])|u(?![\da-fA-F]{4})|U(?![\da-fA-F]{8}))")
"""A backslash that begins an escape, without the digits that must follow."""
_EXCERPT = 40
"""The most characters of the text in a message."""


class Mistake(NamedTuple):
    """A mistake, with the number of its line and what to write instead."""

    line: int
    message: str


class _Open(NamedTuple):
    """A message that is not closed yet: the name of its field, and the line of its brace."""

    field: str
    line: int


def find_mistakes(text: str) -> list[Mistake]:
    """Return the usual mistakes in a text that protobuf's parser does not take; none if its mistakes are others."""
    found = list(_Marks(text).mistakes())
    return found or list(_braces(text))


class _Marks:
    """The mistakes that one mark shows, with the messages around it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._stack = [_Open("", 1)]
        self._field = ""
        self._before = ""

    def mistakes(self) -> Iterator[Mistake]:
        """Yield each mistake."""
        if _is_json(self._text):
            yield Mistake(1, 'this is JSON; the names of fields have no quotes, as in input_stream: "a"')
            return
        found: dict[int, dict[str, None]] = {}
        of_quotes: dict[int, str] = {}
        for kind, lexeme, line in _lexemes(self._text):
            if message := self._message(kind, lexeme):
                found.setdefault(line, {})[message] = None
                if kind == "unpaired" or lexeme in _QUOTES:
                    of_quotes.setdefault(line, message)
            self._follow(kind, lexeme, line)
        for line, messages in found.items():  # quotes that do not pair turn strings and the rest of a line around
            yield from (Mistake(line, message) for message in ([of_quotes[line]] if line in of_quotes else messages))

    def _follow(self, kind: str, lexeme: str, line: int) -> None:
        if kind == "mark" and lexeme in _OPEN:
            self._stack.append(_Open(self._field, line))
        elif kind == "mark" and lexeme in _CLOSE and len(self._stack) > 1:
            self._stack.pop()
        elif kind in ("name", "type"):
            self._field = lexeme
        self._before = "value" if kind == "name" and self._before == ":" else lexeme if kind == "mark" else kind

    def _message(self, kind: str, lexeme: str) -> str | None:
        if kind == "name":
            in_options = self._stack[-1].field in _PACKED and ("/" in lexeme or "." in lexeme)
            return f"write the type of the options in brackets: {_packed(lexeme)}" if in_options else None
        if kind == "string" and self._before == "name":
            return f'write ":" between the field {self._field} and its value'
        if kind == "string" and _ESCAPE.search(lexeme):
            return f'write "/" in the path {lexeme}, or "\\\\": in a string, one "\\" begins an escape'
        explain = _EXPLANATIONS.get(kind)
        return self._type(lexeme) if kind == "type" else explain and explain(lexeme)

    def _type(self, lexeme: str) -> str | None:
        """Return the message for ``[type]`` before a message of options."""
        written = lexeme[1:-1].strip()
        name = written.strip("\"'").rpartition("/")[2].removesuffix(".ext")
        *_, owner, within = (each.field for each in (_Open("", 1), *self._stack))
        if within in _PACKED and (written != written.strip("\"'") or "://" in written):
            return f"write the type of the options without quotes and without https://, as {_packed(name)}"
        if within in _PACKED and (written.endswith(".ext") or "/" not in written):
            return f"write {within} {{ {_packed(name)} {{ ... }} }}; [{name}.ext] is the form in options {{ ... }}"
        if within == "options" and owner in _EXTENDED and "/" in written:
            if owner in _OWNERS:
                return f"write {_OWNERS[owner]} {{ {_packed(name)} {{ ... }} }}, or [{name}.ext] in options {{ ... }}"
            return f"write options {{ [{name}.ext] {{ ... }} }}"
        return None


def _packed(name: str) -> str:
    return f"[type.googleapis.com/{name.strip('[]').rpartition('/')[2]}]"


def _mark(mark: str) -> str | None:
    if mark in _QUOTES:
        return f'put a string in straight quotes ("), not in {mark}'
    if mark == "=":
        return 'write ":" between a field and its value, not "="'
    if mark in "()":
        return 'put a message in "{" and "}", not in "(" and ")"'
    if mark in "%$":
        return f'this is not a graph but a template of one, with "{mark}"; fill it in first'
    if mark.isascii():
        return None
    plain = unicodedata.normalize("NFKC", mark).strip()
    name = unicodedata.name(mark, "")
    instead = f'write "{plain}"' if plain.isascii() and plain else "remove it"
    return f"the character U+{ord(mark):04X} ({name}) is not allowed outside of strings; {instead}"


def _foreign(comment: str) -> str:
    return (
        f'a comment begins with "#" in each line, not with "{re.sub(r"[^/*<!-].*", "", comment.strip(), flags=re.S)}"'
    )


def _unpaired(string: str) -> str:
    excerpt = string if len(string) <= _EXCERPT else f"{string[:_EXCERPT]} ..."
    return (
        f"the quotes in this line do not pair: the string that begins with {excerpt} has no end. Each string needs a"
        " quote before it and after it, in one line"
    )


_EXPLANATIONS: dict[str, Callable[[str], str | None]] = {
    "foreign": _foreign,
    "fence": lambda fence: f'remove the line with "{fence.strip()[:3]}", which is Markdown',
    "schema": lambda schema: (
        f'remove "{schema.strip()[:_EXCERPT]}", which belongs in a .proto file; a graph has fields'
    ),
    "item": lambda item: 'this is YAML; write a field again for each value, without "-": input_stream: "a"',
    "unpaired": _unpaired,
    "mark": _mark,
}


def _braces(text: str) -> Iterator[Mistake]:
    """Yield the braces without a partner."""
    stack: list[_Open] = []
    field = ""
    for kind, lexeme, line in _lexemes(text):
        if kind in ("name", "type"):
            field = lexeme
        elif lexeme in _OPEN:
            if field == "node" and stack and stack[-1].field == "node":
                yield Mistake(
                    line, f'this node begins inside the node of line {stack[-1].line}, whose closing "}}" is missing'
                )
                return
            stack.append(_Open(field, line))
        elif lexeme in _CLOSE:
            if not stack:
                yield Mistake(line, f'this "{lexeme}" closes nothing: all messages before it are closed; remove it')
                return
            stack.pop()
    if stack:
        yield Mistake(stack[-1].line, f'the message {stack[-1].field} has no end: its closing "}}" is missing')


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] == "{" or re.match(r"""\s*["']\w+["']\s*:""", text) is not None


def _lexemes(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield the kind, text and line of each lexeme."""
    line, done = 1, 0
    for match in _LEXEME.finditer(text):
        line, done = line + text.count("\n", done, match.start()), match.start()
        assert match.lastgroup
        yield match.lastgroup, match[0], line
