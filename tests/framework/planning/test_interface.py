from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.framework.planning.interface import Interface

INPUTS = Interface("input stream", ("IMAGE", "mask"), {"IMAGE": 0, "image": 0, "mask": 1}, {0: int})


def test_found_by_tag_and_by_name() -> None:
    assert [INPUTS.number(key) for key in ("IMAGE", "image", "mask")] == [0, 0, 1]


def test_unknown() -> None:
    with pytest.raises(gf.GraphError) as raised:
        INPUTS.number("MASK")
    assert str(raised.value) == 'the graph has no input stream "MASK"; it has: IMAGE, mask'
    with pytest.raises(gf.GraphError, match=r'no input stream "IMAG" \(did you mean "IMAGE"'):
        INPUTS.number("IMAG")
    with pytest.raises(gf.GraphError, match="it has: none"):
        Interface("output stream", (), {}).number("x")


def test_types() -> None:
    INPUTS.check("IMAGE", 3)
    INPUTS.check("mask", "anything")
    with pytest.raises(TypeError, match='input stream "image" takes int, not str'):
        INPUTS.check("image", "3")
