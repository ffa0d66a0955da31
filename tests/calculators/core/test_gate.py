from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import Packet, Timestamp
from graphframe.calculators.core.gate import GateCalculator
from graphframe.calculators.core.gate_pb2 import GateCalculatorOptions
from tests.calculators.core.steps import Steps, interface, node, problems

STREAMS = interface("a allow", "out")


def run(runner: gf.CalculatorRunner, data: list[object], **control: list[object]) -> list[Packet]:
    return runner.run(data, **control)[""]


def test_allow_and_disallow_stream() -> None:
    runner = gf.CalculatorRunner(GateCalculator)
    assert run(runner, ["a", "b", "c"], ALLOW=[True, False, True]) == [("a", 0), ("c", 2)]
    assert run(runner, ["a", "b", "c"], DISALLOW=[True, False, True]) == [("b", 1)]


@pytest.mark.parametrize(("allow", "passed"), [(True, ["a", "b"]), (False, [])])
def test_side_packet(allow: bool, passed: list[str]) -> None:
    for tag, value in (("ALLOW", allow), ("DISALLOW", not allow)):
        runner = gf.CalculatorRunner(GateCalculator, side_packets={tag: value})
        assert [packet.value for packet in run(runner, ["a", "b"])] == passed


@pytest.mark.parametrize(("options", "passed"), [(GateCalculatorOptions(allow=True), ["a"]), (None, [])])
def test_option(options: GateCalculatorOptions | None, passed: list[str]) -> None:
    assert [packet.value for packet in run(gf.CalculatorRunner(GateCalculator, options), ["a"])] == passed


def test_timestamps_without_a_control_packet() -> None:
    assert run(gf.CalculatorRunner(GateCalculator), ["a"], ALLOW=[]) == []
    options = GateCalculatorOptions(empty_packets_as_allow=True)
    assert run(gf.CalculatorRunner(GateCalculator, options), ["a", "b"], ALLOW=[False]) == [("b", 1)]


def test_all_streams_pass_or_none() -> None:
    nothing = Packet(None, 0)
    graph = gf.Graph.from_text(interface("a b allow", "c d") + node("GateCalculator", "a b ALLOW:allow", "c d"))
    assert graph.run(a=1, b=None, allow=True) == {"c": [(1, 0)], "d": [nothing]}
    assert graph.run(a=1, b=None, allow=False) == {"c": [], "d": []}


class TestStateChange:
    """The packets of STATE_CHANGE."""

    @pytest.mark.parametrize(
        ("initial", "changes"),
        [
            (GateCalculatorOptions.GATE_UNINITIALIZED, [(True, 2), (False, 3)]),
            (GateCalculatorOptions.UNSPECIFIED, [(True, 2), (False, 3)]),
            (GateCalculatorOptions.GATE_ALLOW, [(False, 0), (True, 2), (False, 3)]),
            (GateCalculatorOptions.GATE_DISALLOW, [(True, 2), (False, 3)]),
        ],
    )
    def test_changes(self, initial: GateCalculatorOptions.GateState.ValueType, changes: list[tuple[bool, int]]) -> None:
        runner = gf.CalculatorRunner(GateCalculator, GateCalculatorOptions(initial_gate_state=initial))
        outputs = runner.run(list("abcd"), ALLOW=[False, False, True, False])
        assert outputs["STATE_CHANGE"] == changes

    def test_without_data(self) -> None:
        outputs = gf.CalculatorRunner(GateCalculator).run([], ALLOW=[False, True])
        assert outputs == {"": [], "STATE_CHANGE": [(True, 1)]}


def test_dropped_timestamps_settle() -> None:
    steps = Steps(STREAMS + node("GateCalculator", "a ALLOW:allow", "out"))
    assert steps.add("a", "x", 3) == []
    assert steps.bounds["out"] < 3
    steps.add("allow", False, 3)
    assert steps.bounds["out"] == 4


def test_gate_that_never_opens_closes_its_outputs() -> None:
    steps = Steps(interface("a", "out") + node("GateCalculator", "a", "out"))
    assert steps.bounds["out"] == Timestamp.DONE
    assert steps.add("a", "x", 0) == []
    assert steps.close() == []


def test_problems() -> None:
    side = 'input_side_packet: "ALLOW:b"'
    assert "only one of ALLOW and DISALLOW" in problems(
        interface("a allow", "") + node("GateCalculator", "a ALLOW:allow DISALLOW:allow", "o")
    )
    assert "only one of ALLOW and DISALLOW" in problems(
        interface("a allow", "", "b") + node("GateCalculator", "a ALLOW:allow", "o", side)
    )
    assert "an output stream without a tag for each" in problems(
        interface("a", "") + node("GateCalculator", "a", "o p")
    )
    assert "needs an input stream" in problems(
        node("GateCalculator", "", "STATE_CHANGE:o", side) + interface("", "", "b")
    )
