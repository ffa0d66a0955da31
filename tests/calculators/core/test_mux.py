from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.calculators.core.mux import MuxCalculator
from tests.calculators.core.steps import Steps, interface, node, problems

MUX = interface("a b select", "out") + node("MuxCalculator", "INPUT:0:a INPUT:1:b SELECT:select", "OUTPUT:out")


def test_stream_selects() -> None:
    outputs = gf.CalculatorRunner(MuxCalculator).run(INPUT=list("abc"), SELECT=[1, 0], **{"INPUT:1": list("ABC")})
    assert outputs == {"OUTPUT": [("A", 0), ("b", 1)]}


def test_waits_for_the_chosen_stream_only() -> None:
    steps = Steps(MUX)
    assert steps.add("select", 1, 5) == []
    assert steps.add("a", "a", 5) == []
    assert steps.add("b", "b", 5) == [("out", "b", 5)]
    assert steps.add("a", None, 6) == []
    assert steps.add("select", 0, 6) == [("out", None, 6)]


def test_nothing_at_the_chosen_stream_settles() -> None:
    steps = Steps(MUX)
    steps.add("select", 0, 5)
    steps.add("b", "b", 5)
    assert steps.set_bound("a", 6) == []
    assert steps.bounds["out"] == 6
    assert steps.close() == []


@pytest.mark.parametrize(("select", "chosen"), [(0, list("ab")), (1, list("AB"))])
def test_side_packet_selects(select: int, chosen: list[str]) -> None:
    runner = gf.CalculatorRunner(MuxCalculator, side_packets={"SELECT": select})
    outputs = runner.run(INPUT=list("ab"), **{"INPUT:1": list("AB")})
    assert [packet.value for packet in outputs["OUTPUT"]] == chosen


def test_policy_of_the_graph() -> None:
    default = 'input_stream_handler { input_stream_handler: "DefaultInputStreamHandler" }'
    steps = Steps(
        interface("a b select", "out")
        + node("MuxCalculator", "INPUT:0:a INPUT:1:b SELECT:select", "OUTPUT:out", default)
    )
    steps.add("a", "a", 0)
    steps.add("b", "b", 0)
    assert steps.set_bound("select", 1) == []
    steps.add("a", "a", 1)
    steps.add("b", "b", 1)
    assert steps.add("select", 1, 1) == [("out", "b", 1)]


@pytest.mark.parametrize("select", [-1, 2])
def test_select_out_of_range(select: int) -> None:
    expected = f"SELECT is {select}, but the INPUT streams are numbered 0 to 1"
    with pytest.raises(gf.CalculatorError, match=expected):
        gf.CalculatorRunner(MuxCalculator).run(INPUT=["a"], SELECT=[select], **{"INPUT:1": ["b"]})
    with pytest.raises(gf.CalculatorError, match=expected):
        gf.CalculatorRunner(MuxCalculator, side_packets={"SELECT": select}).run(INPUT=["a"], **{"INPUT:1": ["b"]})


def test_select_is_needed_once() -> None:
    message = "needs SELECT, either as an input stream or as an input side packet"
    assert message in problems(interface("a", "") + node("MuxCalculator", "INPUT:a", "OUTPUT:out"))
    both = node("MuxCalculator", "INPUT:a SELECT:b", "OUTPUT:out", 'input_side_packet: "SELECT:c"')
    assert message in problems(interface("a b", "", "c") + both)
