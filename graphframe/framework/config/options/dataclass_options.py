"""Options that are declared as a dataclass: their fields, and conversion from and to the message in a graph."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf.message import Message

D = TypeVar("D")

_SCALARS = (bool, int, float, str, bytes)
_ALLOWED = "bool, int, float, str, bytes, an Enum, another dataclass, a list of one of these, or one of these | None"


class OptionField(NamedTuple):
    """A field of a dataclass of options.

    Attributes
    ----------
    name : str
    type : type
        Its type; that of the items if it is a list.
    is_list : bool
    default : object
        `dataclasses.MISSING` if it has none.
    """

    name: str
    type: Any
    is_list: bool
    default: Any


def is_dataclass(type_: type[Any]) -> bool:
    """Return whether a class is a dataclass."""
    return dataclasses.is_dataclass(type_)


def fields_of(cls: type[Any]) -> Iterator[OptionField]:
    """Yield the fields that are given to a dataclass of options.

    Raises
    ------
    TypeError
        If a graph cannot hold a field, or the type of one is not found.
    """
    try:
        hints = get_type_hints(cls)
    except NameError as error:
        raise TypeError(f"options {cls.__name__}: {error}; define the types of its fields in its module") from error
    for field in dataclasses.fields(cls):
        if not field.init:
            continue
        type_ = _without_none(hints[field.name])
        is_list = get_origin(type_) is list
        if is_list:
            (type_,) = get_args(type_)
        if not _is_allowed(type_):
            raise TypeError(f'options {cls.__name__}: the field "{field.name}" is {type_}; a field is {_ALLOWED}')
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        yield OptionField(field.name, type_, is_list, default)


def _without_none(type_: Any) -> Any:
    """Return T for ``T | None``."""
    if get_origin(type_) not in (Union, types.UnionType):
        return type_
    others = [arg for arg in get_args(type_) if arg is not types.NoneType]
    return others[0] if len(others) == 1 else type_


def _is_allowed(type_: Any) -> bool:
    return type_ in _SCALARS or (isinstance(type_, type) and (issubclass(type_, Enum) or is_dataclass(type_)))


def to_dataclass(message: Message, cls: type[D]) -> D:
    """Return the instance of `cls` that `message` describes; unset fields have the defaults of the class.

    Raises
    ------
    ValueError
        If a field without a default is not set.
    """
    given: dict[str, Any] = {}
    for field in fields_of(cls):
        value = getattr(message, field.name)
        if field.is_list and value:
            given[field.name] = [_from_message(item, field.type) for item in value]
        elif not field.is_list and message.HasField(field.name):
            given[field.name] = _from_message(value, field.type)
        elif field.default is dataclasses.MISSING:
            raise ValueError(f'the field "{field.name}" must be given')
    return cls(**given)


def to_message(options: Any, message: Message) -> Message:
    """Set the fields of `message` that differ from the defaults in `options`, an instance of a dataclass.

    Raises
    ------
    TypeError
        If a value is not of the type of its field.
    ValueError
        If a field holds None or an empty list, and that is not its default: a graph cannot express it.
    """
    for field in fields_of(type(options)):
        value = getattr(options, field.name)
        if value == field.default:
            continue
        name = f"{type(options).__name__}.{field.name}"
        if value is None or value == []:
            raise ValueError(f"{name} is {value!r}, which is not its default; a graph cannot express that")
        for item in value if field.is_list else [value]:
            if not isinstance(item, (int, float) if field.type is float else field.type):
                raise TypeError(f"{name} takes {field.type.__name__}, not {item!r}")
            _set(message, field, item)
    return message


def _set(message: Any, field: OptionField, value: Any) -> None:
    if is_dataclass(field.type):
        nested = getattr(message, field.name)
        nested = nested.add() if field.is_list else nested
        nested.SetInParent()
        to_message(value, nested)
        return
    if isinstance(value, Enum):
        value = list(type(value).__members__).index(value.name)
    if field.is_list:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)


def _from_message(value: Any, type_: type[Any]) -> Any:
    if is_dataclass(type_):
        return to_dataclass(value, type_)
    if issubclass(type_, Enum):
        return list(type_.__members__.values())[value]
    return value
