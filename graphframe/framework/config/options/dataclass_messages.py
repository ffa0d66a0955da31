"""The protobuf messages that stand for dataclasses of options, described while the program runs.

Protobuf creates a message class from a descriptor, which a .proto file is usually compiled to. Here the descriptor is
made from the fields of the dataclass. The message has the name of the class, without a package, and its fields; other
dataclasses and enums that these use are nested in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import Message

from graphframe.framework.config.options.dataclass_options import fields_of, is_dataclass

_SCALARS: Mapping[type, FieldDescriptorProto.Type.ValueType] = {
    bool: FieldDescriptorProto.TYPE_BOOL,
    int: FieldDescriptorProto.TYPE_INT64,
    float: FieldDescriptorProto.TYPE_DOUBLE,
    str: FieldDescriptorProto.TYPE_STRING,
    bytes: FieldDescriptorProto.TYPE_BYTES,
}
_described: dict[str, bytes] = {}
"""The descriptors of dataclasses by name. Protobuf cannot change that of a name."""


def message_type(cls: type[Any]) -> type[Message]:
    """Return the protobuf message that stands for the dataclass `cls`.

    Raises
    ------
    TypeError
        If it has a field that a graph cannot hold, or another dataclass of that name has other fields.
    """
    file = FileDescriptorProto(name=f"dataclass/{cls.__name__}.proto", syntax="proto2")
    root = file.message_type.add(name=cls.__name__)
    _Description(root, {cls: f".{cls.__name__}"}).add_fields(cls, root)
    content = file.SerializeToString()
    if _described.setdefault(cls.__name__, content) != content:
        message = "another dataclass of that name has other fields; rename one, or start graphframe again"
        raise TypeError(f"options {cls.__name__}: {message}")
    pool = descriptor_pool.Default()
    try:
        pool.FindFileByName(file.name)
    except KeyError:
        pool.AddSerializedFile(content)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(cls.__name__))


@dataclass
class _Description:
    """A descriptor in the making.

    Attributes
    ----------
    root : DescriptorProto
        The message in which the other ones are nested.
    names : dict of type to str
        The full names of the dataclasses and enums that are described.
    """

    root: DescriptorProto
    names: dict[type, str]

    def add_fields(self, cls: type[Any], message: DescriptorProto) -> None:
        """Describe the fields of a dataclass in the message that stands for it."""
        for number, field in enumerate(fields_of(cls), start=1):
            described = message.field.add(name=field.name, number=number)
            described.label = (
                FieldDescriptorProto.LABEL_REPEATED if field.is_list else FieldDescriptorProto.LABEL_OPTIONAL
            )
            if field.type in _SCALARS:
                described.type = _SCALARS[field.type]
            elif is_dataclass(field.type):
                described.type = FieldDescriptorProto.TYPE_MESSAGE
                described.type_name = self._message(field.type)
            else:
                described.type = FieldDescriptorProto.TYPE_ENUM
                described.type_name = self._enum(field.type)

    def _message(self, cls: type[Any]) -> str:
        if cls not in self.names:
            nested = self.root.nested_type.add(name=cls.__name__)
            self.names[cls] = f".{self.root.name}.{nested.name}"
            self.add_fields(cls, nested)
        return self.names[cls]

    def _enum(self, enum: type[Enum]) -> str:
        """Describe an enum in a message of its own: two enums in one message cannot have members of the same name."""
        if enum not in self.names:
            nested = self.root.nested_type.add(name=enum.__name__)
            values = nested.enum_type.add(name="Value")
            for position, member in enumerate(enum.__members__):
                values.value.add(name=member, number=position)
            self.names[enum] = f".{self.root.name}.{nested.name}.{values.name}"
        return self.names[enum]
