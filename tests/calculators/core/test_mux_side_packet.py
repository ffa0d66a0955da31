from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.calculators.core.mux_side_packet import MuxSidePacketCalculator
from tests.calculators.core.steps import interface

TEXT = (
    interface("", "", "a b select")
    + """
    output_side_packet: "chosen"
    node { calculator: "MuxSidePacketCalculator" input_side_packet: "INPUT:0:a" input_side_packet: "INPUT:1:b"
           input_side_packet: "SELECT:select" output_side_packet: "OUTPUT:chosen" }
"""
)


def run(select: int) -> gf.Run:
    gf.register(MuxSidePacketCalculator)
    run = gf.Graph.from_text(TEXT).start_run({"a": "x", "b": "y", "select": select})
    run.wait_until_done(20)
    return run


@pytest.mark.parametrize(("select", "chosen"), [(0, "x"), (1, "y"), (True, "y")])
def test_chooses(select: int, chosen: str) -> None:
    assert run(select).side_packet("chosen") == chosen


@pytest.mark.parametrize("select", [2, -1])
def test_select_out_of_range(select: int) -> None:
    with pytest.raises(gf.CalculatorError, match=f"SELECT is {select}, but the INPUT side packets are numbered 0 to 1"):
        run(select)
