from __future__ import annotations

from tests.calculators.core.steps import Steps, interface, node, problems

SEQUENCER = interface("a tick", "out") + node("PacketSequencerCalculator", "INPUT:a TICK:tick", "OUTPUT:out")


def test_a_packet_applies_from_the_next_tick_on() -> None:
    steps = Steps(SEQUENCER)
    assert steps.add("tick", None, 10) == []
    assert steps.add("a", "x", 3) == [("out", "x", 11)]
    assert steps.add("a", "y", 1000) == [("out", "y", 12)]
    assert steps.add("tick", None, 20) == []
    assert steps.add("a", "z", 1001) == [("out", "z", 21)]
    assert steps.close() == []


def test_the_first_packet_comes_before_all_ticks() -> None:
    steps = Steps(SEQUENCER)
    assert steps.add("a", "x", 3) == [("out", "x", -(2**63) + 3)]
    assert steps.close() == []


def test_a_missing_output() -> None:
    sequencer = node("PacketSequencerCalculator", "INPUT:0:a INPUT:1:b TICK:tick", "OUTPUT:out")
    assert "needs an OUTPUT output stream for each INPUT" in problems(interface("a b tick", "out") + sequencer)
