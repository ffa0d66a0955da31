from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import Int64Value

from graphframe import Input, Options, Output, SideInput
from graphframe.framework.port import Port, declared


class Base:
    first = Input("FIRST")
    replaced = Input("REPLACED", int)
    removed: Any = Input("REMOVED")
    out = Output("OUT")


class Derived(Base):
    replaced = Input("REPLACED", bool)
    removed = None
    last = Input("LAST")


def test_declared_are_found_with_inherited_ones_first() -> None:
    assert declared(Base, Input) == (Base.first, Base.replaced, Base.removed)
    assert declared(Derived, Input) == (Base.first, Derived.replaced, Derived.last)
    assert declared(Derived, Output) == (Base.out,)
    assert declared(Derived, SideInput) == ()


def test_defaults() -> None:
    port = Input("T")
    assert (port.tag, port.type, port.optional, port.multiple) == ("T", object, False, False)
    assert Output().tag == ""


def test_the_tag_for_all_others_is_multiple() -> None:
    assert Input("*").multiple


@pytest.mark.parametrize("type_", [list[int], "str", 3])
def test_type_must_be_a_class(type_: Any) -> None:
    with pytest.raises(TypeError, match=r'the type of input stream "T" must be a class that isinstance\(\) takes'):
        Input("T", type_)


def test_repr() -> None:
    port: Port[str] = SideInput("T", str)
    assert repr(port) == "SideInput('T', str)"


@dataclass(frozen=True)
class PortOptions:
    number: int = 3


def test_options_have_a_message() -> None:
    assert Options(Int64Value).message is Int64Value
    assert Options(PortOptions).message.DESCRIPTOR.full_name == "PortOptions"
    assert Options(PortOptions).type is PortOptions


@pytest.mark.parametrize("type_", [int, "str", PortOptions(), Int64Value()])
def test_what_is_no_type_of_options(type_: Any) -> None:
    with pytest.raises(TypeError, match="options are a protobuf message or a dataclass, not "):
        Options(type_)
