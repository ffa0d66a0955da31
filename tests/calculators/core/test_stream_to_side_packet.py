from __future__ import annotations

import pytest

import graphframe as gf
from tests.calculators.core.steps import Steps, interface, node
from tests.framework import toys

assert toys  # Scale is one

TEXT = (
    interface("a b", "out")
    + 'output_side_packet: "side"'
    + node("StreamToSidePacketCalculator", "a", "", 'output_side_packet: "side"')
    + node("Scale", "b", "out", 'input_side_packet: "FACTOR:side"')
)


def test_nodes_that_take_it_wait_for_it() -> None:
    steps = Steps(TEXT)
    assert steps.add("b", 3, 0) == []
    with pytest.raises(gf.GraphError, match='"side" is not set yet'):
        steps.run.side_packet("side")
    assert steps.add("a", 7, 5) == [("out", 21, 0)]
    assert steps.run.side_packet("side") == 7
    assert steps.close() == []


def test_second_packet() -> None:
    steps = Steps(TEXT)
    steps.add("a", 7, 0)
    with pytest.raises(gf.CalculatorError, match='the side packet "side" was set already'):
        steps.add("a", 7, 1)


def test_no_packet() -> None:
    steps = Steps(TEXT)
    with pytest.raises(gf.GraphError, match="is not open; it waits for side packets: side"):
        steps.close()
