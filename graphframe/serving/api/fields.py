"""Makes the fields of a body a struct; what is wrong with one becomes an error that says which and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from graphframe.framework.errors import did_you_mean
from graphframe.serving.api.picture import decode
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
    try:
        return msgspec.convert(
            {name: _as_integer(value) for name, value in given.items()}, cls, strict=not text, dec_hook=decode
        )
    except msgspec.ValidationError as error:
        message, _, path = str(error).replace(" | null", "").partition(" - at `$.")
        name = re.split(r"\W", path, maxsplit=1)[0]
        raise invalid(_explain(cls, name, given[name], message), name) from None


def invalid(message: str, param: str) -> APIError:
    """A 400 that names the field."""
    return APIError(400, message, param=param, code="invalid_value")


def _explain(cls: type, name: str, value: object, message: str) -> str:
    for type_ in get_args(get_type_hints(cls)[name]):
        if get_origin(type_) is Literal:
            # NOTE: in the order of the alphabet, since that of a Literal depends on who else has one of the same words.
            expected: str | None = " or ".join(sorted(map(_shown, get_args(type_))))
            break
    else:
        expected = _MEANINGS.get(name) if isinstance(value, str) else None
    if expected is None:
        return f"{name}: {message[0].lower()}{message[1:]}"
    reason = _UNSUPPORTED.get(value) if isinstance(value, str) else None
    return f"{name} must be {expected}, not {_shown(value)}{f': {reason}' if reason else ''}"


def _shown(value: Any) -> str:
    shown = msgspec.json.encode(value).decode()
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _as_integer(value: object) -> object:
    # NOTE: to JSON Schema, and to JavaScript, 8.0 is an integer.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _from_json(value: object) -> object:
    try:
        return msgspec.json.decode(value) if isinstance(value, str) else value
    except msgspec.DecodeError:
        return value  # which is of a wrong type, then
