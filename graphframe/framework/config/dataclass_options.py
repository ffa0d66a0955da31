"""Options that are declared as a dataclass: the protobuf message that stands for one in a graph's text.

The message has the name of the class, without a package, and its fields.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import Message

D = TypeVar("D")

_SCALARS: Mapping[type, FieldDescriptorProto.Type.ValueType] = {
    bool: FieldDescriptorProto.TYPE_BOOL,
    int: FieldDescriptorProto.TYPE_INT64,
    float: FieldDescriptorProto.TYPE_DOUBLE,
    str: FieldDescriptorProto.TYPE_STRING,
    bytes: FieldDescriptorProto.TYPE_BYTES,
}
_known: dict[str, bytes] = {}
"""The descriptors of dataclasses by name: that of a name cannot be changed any more."""
_TAKEN = "bool, int, float, str, bytes, an Enum, another dataclass, a list of one of these, or one of these | None"


class _Field(NamedTuple):
    name: str
    type: Any
    """Of the items, if it is a list."""
    is_list: bool
    default: Any
    """MISSING if there is none."""


def is_dataclass(type_: type[Any]) -> bool:
    """Whether a class is a dataclass."""
    return dataclasses.is_dataclass(type_)


def message_type(cls: type[Any]) -> type[Message]:
    """The protobuf message that stands for the dataclass `cls`.

    Raises
    ------
    TypeError
        If it has a field that a graph cannot hold, or another dataclass of that name has other fields.
    """
    file = FileDescriptorProto(name=f"dataclass/{cls.__name__}.proto", syntax="proto2")
    root = file.message_type.add(name=cls.__name__)
    _describe(cls, root, root, {cls: f".{cls.__name__}"})
    content = file.SerializeToString()
    if _known.setdefault(cls.__name__, content) != content:
        message = "there is another dataclass of that name, with other fields; in a graph it needs a name of its own"
        raise TypeError(f"options {cls.__name__}: {message}")
    pool = descriptor_pool.Default()
    try:
        pool.FindFileByName(file.name)
    except KeyError:
        pool.AddSerializedFile(content)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(cls.__name__))


def to_dataclass(message: Message, cls: type[D]) -> D:
    """The instance of `cls` that `message` describes; what is not set has the default of the class.

    Raises
    ------
    ValueError
        If a field without a default is not set.
    """
    given: dict[str, Any] = {}
    for field in _fields(cls):
        value = getattr(message, field.name)
        if field.is_list and value:
            given[field.name] = [_from_message(item, field.type) for item in value]
        elif not field.is_list and message.HasField(field.name):
            given[field.name] = _from_message(value, field.type)
        elif field.default is dataclasses.MISSING:
            raise ValueError(f'the field "{field.name}" must be given')
    return cls(**given)


def to_message(options: Any, message: Message) -> Message:
    """Set the fields of `message` for which `options`, an instance of a dataclass, has not the default.

    Raises
    ------
    TypeError
        If a value is not of the type of its field.
    ValueError
        If a field holds None or an empty list, which is not its default: in a graph that cannot be said.
    """
    for field in _fields(type(options)):
        value = getattr(options, field.name)
        if value == field.default:
            continue
        name = f"{type(options).__name__}.{field.name}"
        if value is None or value == []:
            raise ValueError(f"{name} is {value!r}, which is not its default, and cannot be said in a graph")
        for item in value if field.is_list else [value]:
            if not isinstance(item, (int, float) if field.type is float else field.type):
                raise TypeError(f"{name} takes {field.type.__name__}, not {item!r}")
            _set(message, field, item)
    return message


def _set(message: Any, field: _Field, value: Any) -> None:
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


def _fields(cls: type[Any]) -> Iterator[_Field]:
    try:
        hints = get_type_hints(cls)
    except NameError as error:
        raise TypeError(f"options {cls.__name__}: {error}; define the types of its fields in its module") from error
    for field in dataclasses.fields(cls):
        if not field.init:
            continue
        type_ = hints[field.name]
        if get_origin(type_) in (Union, types.UnionType):
            some = [arg for arg in get_args(type_) if arg is not types.NoneType]
            type_ = some[0] if len(some) == 1 else type_
        is_list = get_origin(type_) is list
        if is_list:
            (type_,) = get_args(type_)
        if not (type_ in _SCALARS or (isinstance(type_, type) and (issubclass(type_, Enum) or is_dataclass(type_)))):
            raise TypeError(f'options {cls.__name__}: the field "{field.name}" is {type_}; a field is {_TAKEN}')
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        yield _Field(field.name, type_, is_list, default)


def _describe(cls: type[Any], described: DescriptorProto, root: DescriptorProto, known: dict[type, str]) -> None:
    """Add the fields of `cls`; the types of them that are not `known` are defined in `root`."""
    for number, field in enumerate(_fields(cls), start=1):
        proto = described.field.add(name=field.name, number=number)
        proto.label = FieldDescriptorProto.LABEL_REPEATED if field.is_list else FieldDescriptorProto.LABEL_OPTIONAL
        if field.type in _SCALARS:
            proto.type = _SCALARS[field.type]
            continue
        is_new = field.type not in known
        if is_dataclass(field.type):
            proto.type = FieldDescriptorProto.TYPE_MESSAGE
            if is_new:
                nested = root.nested_type.add(name=field.type.__name__)
                known[field.type] = f".{root.name}.{nested.name}"
                _describe(field.type, nested, root, known)
        else:
            proto.type = FieldDescriptorProto.TYPE_ENUM
            if is_new:
                # In a message of its own, as the members of two enums in one message must not have the same name.
                nested = root.nested_type.add(name=field.type.__name__)
                known[field.type] = f".{root.name}.{nested.name}.Value"
                enum = nested.enum_type.add(name="Value")
                for position, member in enumerate(field.type.__members__):
                    enum.value.add(name=member, number=position)
        proto.type_name = known[field.type]
