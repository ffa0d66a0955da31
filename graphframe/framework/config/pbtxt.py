"""A look at a text in protobuf's text format before it is parsed: the line of each field, and what is not known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from graphframe.framework.errors import did_you_mean

FieldPath = tuple[str | int, ...]
"""Names and positions of fields: ``("node", 0, "input_stream", 1)``."""
Type = Descriptor | FieldDescriptor | str
"""Of a field: its message, or for a scalar the field itself."""
_MALFORMED: Type = "malformed"
"""The type of what the parser will refuse, and explain."""
_ANY = "google.protobuf.Any"
_MEDIAPIPE = {True: re.compile(r"/\s*(mediapipe)\."), False: re.compile(r"\[\s*(mediapipe)\.")}
"""The package of a type in a type URL, and in the name of an extension."""
_OPEN, _CLOSE = ("{", "<", "["), ("}", ">", "]")


class Unknown(NamedTuple):
    """A field, or a type of options, that the schema does not have."""

    line: int
    message: str
    is_type: bool
    """Whether it is a type of options, which may be known elsewhere; a field of a known message is just wrong."""


class Scan:
    """What a text holds, as far as can be told without parsing it.

    Parameters
    ----------
    text : str
    schema : Descriptor
        The type of the message that it is taken for.
    load_option_types : callable
        Called once when the text holds a type that is not known yet; gives the names of all types of options.

    Attributes
    ----------
    lines : dict
        The line of each field that is known.
    unknown : list of Unknown
    known_text : str
        The text with blanks in place of what is not known, and graphframe's types in place of MediaPipe's.
    """

    def __init__(self, text: str, schema: Descriptor, load_option_types: Callable[[], Iterable[str]]) -> None:
        self.lines: dict[FieldPath, int] = {}
        self.unknown: list[Unknown] = []
        self._text = text
        self._pool = descriptor_pool.Default()
        self._load_option_types = load_option_types
        self._option_types: list[str] | None = None
        self._messages: dict[tuple[str, str], str] = {}
        self._edits: list[tuple[int, int, str]] = []
        self._tokens = _Tokens(text)
        self._message((), schema)
        self.known_text = self._edited()

    def _message(self, path: FieldPath, schema: Descriptor) -> None:
        counts: Counter[str] = Counter()
        while self._tokens.text not in ("", "}", ">"):
            self._field(path, schema, counts)

    def _field(self, path: FieldPath, schema: Descriptor, counts: Counter[str]) -> None:
        tokens = self._tokens
        start, line, name = tokens.offset, tokens.line, tokens.text
        is_type = name == "["
        if is_type:
            name = self._bracketed()
            type_ = self._type_named(name, schema, start)
        else:
            tokens.advance()
            type_ = _type_of(schema, name)
        if type_ is None:
            self._skip_value()
            self._edits.append((start, tokens.offset, re.sub(r"[^\n]", " ", self._text[start : tokens.offset])))
            self.unknown.append(Unknown(line, self._explain(name, schema, is_type), is_type))
            return
        if type_ is _MALFORMED:
            self._skip_value()
            return
        tokens.skip(":")
        in_list = tokens.skip("[")
        ended = in_list and tokens.skip("]")
        while not ended:
            here = (*path, name, counts[name])
            self.lines[here] = tokens.line if in_list else line
            counts[name] += 1
            if isinstance(type_, Descriptor) and tokens.text in ("{", "<"):
                tokens.advance()
                self._message(here, type_)
                tokens.advance()
            else:
                self._skip_item()
            ended = not (in_list and tokens.skip(","))
        if in_list:
            tokens.skip("]")
        self._skip_separator()

    def _bracketed(self) -> str:
        name = ""
        self._tokens.advance()
        while self._tokens.text not in ("", "]", *_OPEN, *_CLOSE):
            name += self._tokens.text
            self._tokens.advance()
        self._tokens.skip("]")
        return name

    def _type_named(self, name: str, schema: Descriptor, start: int) -> Type | None:
        """The type of the value of ``[name]``, whose text begins at `start`."""
        is_url = "/" in name
        if not (is_url if schema.full_name == _ANY else schema.is_extendable and not is_url):
            return _MALFORMED
        for _ in range(2):
            for spelling in (name, re.sub(r"(^|/)mediapipe\.", r"\1graphframe.", name)):
                found = self._find(spelling)
                if found is not None:
                    if spelling != name:
                        package = _MEDIAPIPE[is_url].search(self._text, start)
                        if package is not None:
                            self._edits.append((*package.span(1), "graphframe"))
                    return found
            if self._option_types is None:
                self._option_types = list(self._load_option_types())
        return None

    def _find(self, name: str) -> Type | None:
        try:
            if "/" in name:
                return self._pool.FindMessageTypeByName(name.rpartition("/")[2])
            extension = self._pool.FindExtensionByName(name)
        except KeyError:
            return None
        return extension.message_type or extension

    def _explain(self, name: str, schema: Descriptor, is_type: bool) -> str:
        key = (schema.full_name, name)
        if key not in self._messages:
            self._messages[key] = self._unknown_type(name, schema) if is_type else _unknown_field(name, schema)
        return self._messages[key]

    def _unknown_type(self, name: str, schema: Descriptor) -> str:
        if "/" in name:
            name = name.rpartition("/")[2]
            return f"the option type {name} is not known{did_you_mean(name, self._option_types or ())}"
        message = name.rpartition(".")[0]
        if self._find(f"/{message}") is not None:
            hint = f"; write node_options {{ [type.googleapis.com/{message}] {{ ... }} }} instead"
        else:
            hint = did_you_mean(name, [field.full_name for field in self._pool.FindAllExtensions(schema)])
        return f"the extension {name} is not known{hint}"

    def _skip_value(self) -> None:
        self._tokens.skip(":")
        self._skip_item()
        self._skip_separator()

    def _skip_separator(self) -> None:
        if not self._tokens.skip(","):
            self._tokens.skip(";")

    def _skip_item(self) -> None:
        """Pass over a scalar, or a block or list with all that is in it."""
        tokens, depth = self._tokens, 0
        while tokens.text and not (depth == 0 and tokens.text in _CLOSE):
            depth += (tokens.text in _OPEN) - (tokens.text in _CLOSE)
            was_string = tokens.kind == "string"
            tokens.advance()
            if depth == 0 and not (was_string and tokens.kind == "string"):
                break

    def _edited(self) -> str:
        parts, end = [], 0
        for start, stop, replacement in sorted(self._edits):
            if start >= end:
                parts += [self._text[end:start], replacement]
                end = stop
        return "".join((*parts, self._text[end:]))


def _type_of(schema: Descriptor, name: str) -> Type | None:
    """The type of the field of that name; one of the kind `group` is called by its type."""
    if not name.isidentifier():
        return _MALFORMED
    field = schema.fields_by_name.get(name)
    if field is None:
        group = schema.fields_by_name.get(name.lower())
        if (
            group is not None
            and group.type == group.TYPE_GROUP
            and group.message_type
            and group.message_type.name == name
        ):
            field = group
    return field and (field.message_type or field)


def _unknown_field(name: str, schema: Descriptor) -> str:
    fields = schema.fields_by_name
    hint = f"{did_you_mean(name, fields)}; it has: {', '.join(fields) or 'none'}"
    return f'{schema.full_name} has no field "{name}"{hint}'


_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<word>[\w.+-]+)|(?P<mark>.)""",
    re.DOTALL,
)


class _Tokens:
    """The tokens of a text, with a look at the next one: `text` is empty after the last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._matches = (match for match in _TOKEN.finditer(text) if match.lastgroup != "skip")
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
