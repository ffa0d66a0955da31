"""Reads the plain part of protobuf's text format, which is most of what graphs are written in, at a tenth of the cost.

What it does not take (escapes in strings, lists, extensions, maps ...), and whatever is wrong, is left to protobuf's
parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as PackedMessage
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import EncodeError, Message

_PARTS: Final = re.compile(
    r"""\s*(?:\#[^\n]*\s*)*(?:
        (\w+)\s*:\s*("[^"\\\n]*"|'[^'\\\n]*'|[\w.+-]+)\s*[,;]?  # name, value
      | (\w+|\[\w[\w./]*\])\s*:?\s*\{                           # name of a message or [type of one]
      | (\w+|.)                                                 # "}", or what is not plain
      | \Z
    )""",
    re.VERBOSE | re.ASCII,
)


_Part = tuple[str, str, str, str]
"""What `_PARTS` finds: name and value, or the name of a block, or a mark; the others are empty."""
M = TypeVar("M", bound=Message)


class _Field(NamedTuple):
    """How to read a field: a scalar by `read`, a message by its descriptor."""

    repeated: bool
    read: Callable[[str], Any] | None
    message: Descriptor | None


def read_plain(text: str, type_: type[M]) -> M | None:
    """The message of that type that `text` holds; None if it holds more than what is plain, or is wrong."""
    parts: Iterator[_Part] = iter(_PARTS.findall(text))
    schema: Any = type_.DESCRIPTOR
    try:
        return type_(**_values(parts, schema, ""))
    except (LookupError, TypeError, ValueError, EncodeError):
        return None


def _values(parts: Iterator[_Part], schema: Descriptor, end: str) -> dict[str, Any]:
    """The fields of a message, up to its end."""
    values: dict[str, Any] = {}
    fields = _fields(schema)
    for name, value, block, mark in parts:
        if value:
            repeated, read, _ = fields[name]
            if read is None:
                raise TypeError("a message is expected")
            item = read(value)
        elif block:
            name = block
            if block[0] == "[":
                return _packed(block[1:-1], parts, schema, end)
            repeated, _, message = fields[block]
            if message is None:
                raise TypeError("a scalar is expected")
            item = _values(parts, message, "}")
        elif mark == end:
            return values
        else:
            raise ValueError("not plain")
        if repeated:
            values.setdefault(name, []).append(item)
        elif name in values:
            raise ValueError("given twice")
        else:
            values[name] = item
    raise ValueError("no end")


def _packed(url: str, parts: Iterator[_Part], schema: Descriptor, end: str) -> dict[str, Any]:
    """The fields of an `Any` that is written as the message that it packs."""
    prefix, _, name = url.rpartition("/")
    if not prefix or schema is not PackedMessage.DESCRIPTOR:
        raise TypeError("an extension")
    type_ = descriptor_pool.Default().FindMessageTypeByName(name)
    message = message_factory.GetMessageClass(type_)(**_values(parts, type_, "}"))
    if next(parts)[3] != end:
        raise ValueError("more than a message")
    return {"type_url": url, "value": message.SerializeToString(deterministic=True)}


@cache
def _fields(schema: Descriptor) -> dict[str, _Field]:
    """The fields that are read here."""
    found = {}
    for field in schema.fields:
        if field.containing_oneof is not None and len(field.containing_oneof.fields) > 1:
            continue
        message: Any = field.message_type
        if field.type == field.TYPE_MESSAGE:
            if not message.GetOptions().map_entry:
                found[field.name] = _Field(field.is_repeated, None, message)
        elif (read := _reader(field)) is not None:
            found[field.name] = _Field(field.is_repeated, read, None)
    return found


def _reader(field: FieldDescriptor) -> Callable[[str], Any] | None:
    if field.type == field.TYPE_STRING:
        return _string
    if field.cpp_type == field.CPPTYPE_BOOL:
        return {"true": True, "false": False}.__getitem__
    if field.enum_type is not None:
        return {value.name: value.number for value in field.enum_type.values}.__getitem__
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return _float
    return None if field.type == field.TYPE_BYTES else _int


def _string(text: str) -> str:
    if text[0] not in "\"'":
        raise ValueError("no string")
    return text[1:-1]


def _int(text: str) -> int:
    if re.fullmatch("-?(0|[1-9][0-9]*)", text) is None:
        raise ValueError("no plain integer")
    return int(text)


def _float(text: str) -> float:
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?", text) is None:
        raise ValueError("no plain number")
    return float(text)
