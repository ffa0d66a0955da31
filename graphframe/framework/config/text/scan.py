"""A scan of a text in protobuf's text format: the line of each field, and the names that the schema does not have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from graphframe.framework.config.sourced import FieldPath
from graphframe.framework.config.text.tokens import Token, blanked, edited, tokens
from graphframe.framework.errors import did_you_mean

FieldType = Descriptor | FieldDescriptor | str
"""The message of a field; the field itself if it is a scalar."""
_MALFORMED: FieldType = "malformed"
"""The type of a field that protobuf's parser will refuse, and explain."""
_ANY = "google.protobuf.Any"
_OPTIONS = {
    _ANY: "[type.googleapis.com/PACKAGE.TYPE] {}",
    "graphframe.CalculatorOptions": "node_options {{ [type.googleapis.com/PACKAGE.TYPE] {} }} instead of options",
    "graphframe.MediaPipeOptions": "[PACKAGE.TYPE.ext] {}",
}
"""The form of options in the messages that hold them."""
_BOOLEANS = ("true", "false", "True", "False", "t", "f")
_INTEGERS = (
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
)
_INTEGER = re.compile(r"-?(0[xX][\da-fA-F]+|\d+)")
_OPEN, _CLOSE = ("{", "<", "["), ("}", ">", "]")


class Unknown(NamedTuple):
    """A field, or a type of options, that the schema does not have.

    Attributes
    ----------
    line : int
    message : str
    is_type : bool
        Whether it is a type of options, which may be known elsewhere. An unknown field of a known message is a mistake.
    """

    line: int
    message: str
    is_type: bool


class Scan:
    """A pass over a text that protobuf's parser may not take, to find lines and names.

    Parameters
    ----------
    text : str
    schema : Descriptor
        The type of the message in the text.
    load_option_types : callable
        Called once if the text holds an unknown type; returns the names of all types of options.

    Attributes
    ----------
    lines : dict
        The line of each known field.
    unknown : list of Unknown
    known_text : str
        The text with blanks in place of unknown fields, and graphframe's types in place of MediaPipe's.
    """

    def __init__(self, text: str, schema: Descriptor, load_option_types: Callable[[], Iterable[str]]) -> None:
        self.lines: dict[FieldPath, int] = {}
        self.unknown: list[Unknown] = []
        self._pool = descriptor_pool.Default()
        self._load_option_types = load_option_types
        self._option_types: list[str] | None = None
        self._messages: dict[tuple[str, str], str] = {}
        self._unknown_spans: list[tuple[int, int]] = []
        self._package_edits: list[tuple[int, int, str]] = []
        self._tokens = tokens(text)
        self._token = next(self._tokens)
        self._message((), schema)
        self.known_text = edited(blanked(text, self._unknown_spans), self._package_edits)

    def _message(self, path: FieldPath, schema: Descriptor) -> None:
        counts: Counter[str] = Counter()
        while self._token.text not in ("", "}", ">"):
            self._field(path, schema, counts)

    def _field(self, path: FieldPath, schema: Descriptor, counts: Counter[str]) -> None:
        start, line = self._token.start, self._token.line
        is_type = self._token.text == "["
        if is_type:
            written = self._bracketed()
            name = "".join(token.text for token in written)
            type_ = self._type_named(written, schema)
        else:
            name = self._name()
            type_ = _type_of(schema, name)
        if type_ is None:
            self._skip_value()
            self._unknown_spans.append((start, self._token.start))
            self.unknown.append(Unknown(line, self._explain(name, schema, is_type), is_type))
        elif type_ is _MALFORMED:
            self._skip_value()
        else:
            known = len(self.unknown)
            self._values(path, name, type_, counts, line)
            if isinstance(type_, FieldDescriptor) and len(self.unknown) > known:  # values that its enum does not have
                self._unknown_spans.append((start, self._token.start))

    def _values(self, path: FieldPath, name: str, type_: FieldType, counts: Counter[str], line: int) -> None:
        """Pass over the value of a known field, or the list of its values."""
        self._skip(":")
        in_list = self._skip("[")
        ended = in_list and self._skip("]")
        while not ended:
            here = (*path, name, counts[name])
            self.lines[here] = self._token.line if in_list else line
            counts[name] += 1
            if isinstance(type_, Descriptor) and self._token.text in ("{", "<"):
                self._advance()
                self._message(here, type_)
                self._advance()
            else:
                if isinstance(type_, FieldDescriptor):
                    self._scalar(type_)
                self._skip_item()
            ended = not (in_list and self._skip(","))
        if in_list:
            self._skip("]")
        self._skip_separator()

    def _scalar(self, field: FieldDescriptor) -> None:
        """Add the next token to what is unknown if it is a value of another kind."""
        token = self._token
        if field.enum_type and token.text.isidentifier():
            self._enum_value(field.enum_type)
        elif message := _wrong_kind(field, token):
            self.unknown.append(Unknown(token.line, f"{field.full_name} {message}", False))

    def _enum_value(self, enum: EnumDescriptor) -> None:
        """Add the next token to what is unknown, unless it is a value of the enum."""
        name, values = self._token.text, enum.values_by_name
        if name not in values:
            hint = f"{did_you_mean(name, values)}; it has: {', '.join(values)}"
            self.unknown.append(Unknown(self._token.line, f'{enum.full_name} has no value "{name}"{hint}', False))

    def _name(self) -> str:
        """Return the next name, with all that an author may take for a part of it: ``größe``, ``a.b``."""
        token = self._advance()
        name = token.text
        while self._token.start == token.end and re.match(r"[\w.+-]", self._token.text):
            token = self._advance()
            name += token.text
        return name

    def _bracketed(self) -> list[Token]:
        """Return the tokens between brackets, and pass over these."""
        found = []
        self._advance()
        while self._token.text not in ("", *_OPEN, *_CLOSE):
            found.append(self._advance())
        self._skip("]")
        return found

    def _type_named(self, written: list[Token], schema: Descriptor) -> FieldType | None:
        """Return the type of the value of ``[name]`` in a message of type `schema`; None if it is unknown."""
        texts = [token.text for token in written]
        is_url = "/" in texts
        if not (is_url if schema.full_name == _ANY else schema.is_extendable and not is_url):
            return _MALFORMED
        start = len(texts) - texts[::-1].index("/") if is_url else 0
        name = "".join(texts[start:])
        for _ in range(2):
            if (found := self._find(name, is_url)) is not None:
                return found
            if name.startswith("mediapipe."):
                found = self._find(name.replace("mediapipe", "graphframe", 1), is_url)
                if found is not None:
                    self._package_edits.append((written[start].start, written[start].end, "graphframe"))
                    return found
            if self._option_types is None:
                self._option_types = list(self._load_option_types())
        return None

    def _find(self, name: str, is_message: bool) -> FieldType | None:
        """Return the message of that name, or the type of the extension."""
        try:
            if is_message:
                return self._pool.FindMessageTypeByName(name)
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
            return f"the option type {name} is unknown{did_you_mean(name, self._option_types or ())}"
        ours = name.replace("mediapipe.", "graphframe.", 1)
        message = next((each for each in (name, ours) if self._find(each, is_message=True)), ours.rpartition(".")[0])
        if self._find(message, is_message=True) is not None:
            hint = f"; write node_options {{ [type.googleapis.com/{message}] {{ ... }} }} instead"
        else:
            hint = did_you_mean(name, [field.full_name for field in self._pool.FindAllExtensions(schema)])
        return f"the extension {name} is unknown{hint}"

    def _advance(self) -> Token:
        """Return the next token, and pass over it."""
        token = self._token
        self._token = next(self._tokens, token)
        return token

    def _skip(self, mark: str) -> bool:
        """Return whether the next token is `mark`, and pass over it then."""
        if found := self._token.text == mark:
            self._advance()
        return found

    def _skip_value(self) -> None:
        self._skip(":")
        self._skip_item()
        self._skip_separator()

    def _skip_separator(self) -> None:
        if not self._skip(","):
            self._skip(";")

    def _skip_item(self) -> None:
        """Pass over a scalar, or a message or list with all that is in it."""
        depth = 0
        while self._token.text and not (depth == 0 and self._token.text in _CLOSE):
            token = self._advance()
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
            if depth == 0 and not (token.is_string and self._token.is_string):
                break


def _type_of(schema: Descriptor, name: str) -> FieldType | None:
    """Return the type of the field of that name; one of the kind `group` has the name of its type."""
    if not name.isidentifier():
        return _MALFORMED
    field = schema.fields_by_name.get(name)
    if field is None:
        field = schema.fields_by_name.get(name.lower())
        if field is None or field.type != field.TYPE_GROUP:
            return None
        if field.message_type is None or field.message_type.name != name:
            return None
    return field.message_type or field


def _wrong_kind(field: FieldDescriptor, token: Token) -> str:
    """Return what is wrong with the value of a field that is not a message; an empty text if nothing is."""
    if field.cpp_type == field.CPPTYPE_STRING:
        return f'is a text; write it in quotes: "{token.text}"' if re.match(r"\w", token.text) else ""
    if token.is_string:
        return f"is not a text; write its value without quotes: {token.text[1:-1]}"
    if field.cpp_type == field.CPPTYPE_BOOL and re.match(r"[^\W\d]", token.text):
        return "" if token.text in _BOOLEANS else f"is true or false, not {token.text}"
    if field.cpp_type in _INTEGERS and re.match(r"[\w.-]", token.text) and not _INTEGER.fullmatch(token.text):
        return f"is a whole number, not {token.text}"
    return ""


def _unknown_field(name: str, schema: Descriptor) -> str:
    if schema.full_name in _OPTIONS:
        form = _OPTIONS[schema.full_name].format(f"{{ {name}: ... }}")
        return f'"{name}" must be in a message of its type: write {form}, in which PACKAGE.TYPE is that of the options'
    fields = schema.fields_by_name
    hint = f"{did_you_mean(name, fields)}; it has: {', '.join(fields) or 'none'}"
    return f'{schema.full_name} has no field "{name}"{hint}'
