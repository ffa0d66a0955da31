from __future__ import annotations

from typing import Any

import pytest

from graphframe import Input, Output, SideInput
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
