from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor

from graphframe.framework.config.options.dataclass_messages import message_type


class Colour(Enum):
    RED = "red"
    NONE = "none"


class Shape(Enum):
    ROUND = 1
    NONE = 2


@dataclass
class Brush:
    colour: Colour
    shape: Shape = Shape.ROUND
    inner: Brush | None = None
    sizes: list[int] = field(default_factory=list)


def test_the_message_has_the_name_and_the_fields_of_the_class() -> None:
    descriptor = message_type(Brush).DESCRIPTOR
    assert descriptor.full_name == "Brush"
    assert [(each.name, each.number, each.is_repeated) for each in descriptor.fields] == [
        ("colour", 1, False),
        ("shape", 2, False),
        ("inner", 3, False),
        ("sizes", 4, True),
    ]


def test_a_class_may_hold_itself() -> None:
    descriptor = message_type(Brush).DESCRIPTOR
    assert descriptor.fields_by_name["inner"].message_type == descriptor
    assert descriptor.fields_by_name["sizes"].type == FieldDescriptor.TYPE_INT64


def test_enums_may_share_names_of_members() -> None:
    fields = message_type(Brush).DESCRIPTOR.fields_by_name
    enums = [fields[name].enum_type for name in ("colour", "shape")]
    assert [list(enum.values_by_name) for enum in enums if enum] == [["RED", "NONE"], ["ROUND", "NONE"]]


def test_a_name_stands_for_one_set_of_fields() -> None:
    def options(type_: type[Any]) -> type[Any]:
        return dataclass(type("SameName", (), {"__annotations__": {"number": type_}, "__module__": __name__}))

    first = message_type(options(int))
    assert message_type(options(int)) is first
    with pytest.raises(TypeError, match="options SameName: another dataclass of that name has other fields"):
        message_type(options(str))
