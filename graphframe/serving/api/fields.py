"""Makes the fields of a body a struct; what is wrong with one becomes an error that says which and why."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import inspect

from graphframe.framework.errors import did_you_mean
from graphframe.serving.api.picture import Picture
from graphframe.serving.errors import APIError

T = TypeVar("T", bound=msgspec.Struct)

_UNSUPPORTED = {
    "complexity": "the images are made of pixels, not of shapes",
    "svg": "the images are made of pixels, not of shapes",
    "frame_count": "the images do not move",
    "frame_duration_ms": "the images do not move",
    "markup": "the models here do not read marks; use a mask",
    "transparent": "the images have no alpha channel",
    "gif": "the images do not move",
}
"""Fields of OpenAI's API, and values of them, that these models cannot do."""

_MEANINGS = {
    "size": '"auto" or WIDTHxHEIGHT in pixels, as in "512x512"',
    "lora_alphas": 'an object of numbers by the aliases of adapters, as in {"ink": 0.5}',
}
"""Expected values of fields whose types do not say enough."""

_JSON = {"lora_alphas"}
"""Fields that in a form are JSON."""


def check_names(cls: type[msgspec.Struct], given: Iterable[str]) -> None:
    """Raise an APIError for a field that `cls` does not have, or for the lack of one that it must."""
    for given_name in given:
        name = given_name[:64]
        if name in _UNSUPPORTED:
            raise APIError(400, f"{name} is not supported: {_UNSUPPORTED[name]}", param=name, code="invalid_value")
        if given_name not in cls.__struct_fields__:
            hint = did_you_mean(name, cls.__struct_fields__)
            raise APIError(400, f'unknown field "{name}"{hint}', param=name, code="unknown_parameter")
    for field in msgspec.structs.fields(cls):
        if field.required and field.name not in given:
            code = "missing_required_parameter"
            raise APIError(400, f"{field.name} is required", param=field.name, code=code)


def convert(cls: type[T], given: Mapping[str, object], text: bool) -> T:
    """The struct that `given` says, or an APIError that names the field; `text` if numbers come as text."""
    if text:  # where what is left empty is not there
        given = {
            name: _from_json(value) if name in _JSON else value
            for name, value in given.items()
            if value != "" or name == "prompt"
        }
    types = _types(cls)
    return cls(**{name: _value(name, value, types[name], strict=not text) for name, value in given.items()})


@functools.cache
def _types(cls: type[msgspec.Struct]) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


def _value(name: str, value: object, type_: Any, *, strict: bool) -> object:
    def read_image(_: type, given: object) -> Picture:
        try:
            return Picture.read(given)
        except ValueError as error:
            raise invalid(f"{name}: {error}", name) from None

    # NOTE: one field at a time, since msgspec names a wrong field in its text only.
    try:
        return msgspec.convert(_as_integer(value), type_, strict=strict, dec_hook=read_image)
    except msgspec.ValidationError:
        expected = _MEANINGS.get(name) or _described(inspect.type_info(type_))
    reason = _UNSUPPORTED.get(value) if isinstance(value, str) else None
    raise invalid(f"{name} must be {expected}, not {_shown(value)}{f': {reason}' if reason else ''}", name)


def invalid(message: str, param: str) -> APIError:
    """A 400 that names the field."""
    return APIError(400, message, param=param, code="invalid_value")


def _described(type_: inspect.Type) -> str:
    """Return what a field takes, in words."""
    if isinstance(type_, inspect.Metadata):
        return _described(type_.type)
    if isinstance(type_, inspect.UnionType):
        return " or ".join(_described(each) for each in type_.types if not isinstance(each, inspect.NoneType))
    if isinstance(type_, inspect.LiteralType):
        return " or ".join(sorted(map(_shown, type_.values)))
    if isinstance(type_, inspect.BoolType):
        return "true or false"
    if isinstance(type_, inspect.StrType):
        return "text" if type_.max_length is None else f"text of at most {type_.max_length:,} characters"
    assert isinstance(type_, (inspect.IntType, inspect.FloatType)), f"{type_} needs words in _MEANINGS"
    words = "an integer" if isinstance(type_, inspect.IntType) else "a number"
    return words if type_.ge is None else f"{words} from {type_.ge:.10g} to {type_.le:.10g}"


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return "a file"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict) and any(isinstance(each, (bytes, list, dict)) for each in value.values()):
        return "an object"
    shown = msgspec.json.encode(value).decode()
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _as_integer(value: object) -> object:
    # NOTE: to JSON Schema, and to JavaScript, 8.0 is an integer.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _from_json(value: object) -> object:
    try:
        return msgspec.json.decode(value) if isinstance(value, str) else value
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return value  # which is of a wrong type, then
