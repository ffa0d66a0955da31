"""Conversion of field values to a struct, with errors that name the field, the expected and the given value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar, get_type_hints

import msgspec
from msgspec import inspect

from graphframe.images.errors import InvalidRequest

T = TypeVar("T", bound=msgspec.Struct)

_MAX_INT32 = 2**31 - 1
_PHRASES: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.BytesType: "an image file",
    inspect.DictType: "an object",
    inspect.ListType: "a list of image files",
}


def convert(cls: type[T], given: Mapping[str, object], *, text: bool = False) -> T:
    """Return the struct with these field values.

    Parameters
    ----------
    cls : subclass of msgspec.Struct
    given : mapping of str to object
    text : bool, optional
        Whether numbers and booleans come as text, e.g. ``"7"``.

    Raises
    ------
    InvalidRequest
        If a value is outside the type or the limits of its field.
    """
    try:
        return msgspec.convert(given, cls, strict=not text)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, InvalidRequest):
            raise error.__cause__ from None
        raise _invalid(cls, given, text) or error from None


class Field(NamedTuple):
    """A field of a struct, as its annotation describes it.

    Attributes
    ----------
    name : str
    kind : msgspec.inspect.Type
        The type, with its limits and without null.
    schema : dict
        Title, description and examples.
    expected : str or None
        A phrase for the values, where the type tells too little.
    default : object
        `msgspec.NODEFAULT` if the field is required or its default is made by a function.
    """

    name: str
    kind: inspect.Type
    schema: dict[str, Any]
    expected: str | None
    default: object


@cache
def fields(cls: type[msgspec.Struct]) -> dict[str, Field]:
    """Return the fields of a struct by name."""
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    return {field.name: _field(field) for field in info.fields}


def shown(value: object) -> str:
    """Return a value as JSON, shortened for a message."""
    if isinstance(value, bytes):
        return "a file"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict) and any(isinstance(each, (bytes, list, dict)) for each in value.values()):
        return "an object"
    if isinstance(value, float):
        return repr(value)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _field(field: inspect.Field) -> Field:
    kind = field.type
    if isinstance(kind, inspect.UnionType):
        (kind,) = (each for each in kind.types if not isinstance(each, inspect.NoneType))
    schema, expected = {}, None
    if isinstance(kind, inspect.Metadata):
        schema, expected = kind.extra_json_schema or {}, (kind.extra or {}).get("expected")
        kind = kind.type
    return Field(field.name, kind, schema, expected, field.default)


def _invalid(cls: type[msgspec.Struct], given: Mapping[str, object], text: bool) -> InvalidRequest | None:
    # NOTE: one field after the other, instead of reading msgspec's message, whose wording may change.
    types = get_type_hints(cls, include_extras=True)
    for name, value in given.items():
        try:
            msgspec.convert(value, types[name], strict=not text)
        except msgspec.ValidationError:
            return InvalidRequest(f"{name} must be {_expected(fields(cls)[name], value)}, not {shown(value)}", name)
    return None


def _expected(field: Field, given: object) -> str:
    """Return a phrase for the values of a field, e.g. ``"an integer from 0 to 3"``, for a given value."""
    kind = field.kind
    if field.expected:
        return field.expected
    if isinstance(kind, inspect.LiteralType):
        *others, last = sorted(map(shown, kind.values))
        return f"{', '.join(others)} or {last}"
    if isinstance(kind, inspect.IntType):
        return f"an integer{_range(kind.ge, kind.le or field.schema.get('maximum'), given)}"
    if isinstance(kind, inspect.FloatType):
        return f"a number{_range(kind.ge, kind.le, given)}"
    if isinstance(kind, inspect.StrType):
        return "text" if kind.max_length is None else f"text of at most {kind.max_length:,} characters"
    return _PHRASES[type(kind)]


def _range(least: float | None, most: float | None, given: object) -> str:
    if least is None or most is None:
        return ""
    if most != _MAX_INT32:
        return f" from {least} to {most}"
    is_large = isinstance(given, int) and given > most
    return f" of at most {most}" if is_large else f" of at least {least}"
