"""The runner of one calculator: after calculator_runner_test.cc."""

from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import CalculatorRunner, Packet
from tests.framework.conformance.joining.bound_toys import EvenIntFilterCalculator, FuturePacketCalculator
from tests.framework.toys import Call, JoinCalculator, SquareIntCalculator, Sum


def test_runs_a_calculator() -> None:
    """CalculatorRunner.RunsCalculator: inputs with timestamps, outputs as sent."""
    outputs = CalculatorRunner(FuturePacketCalculator).run([Packet("x", 0), Packet("y", 10)])
    assert outputs == {"": [("x", 3), ("y", 13)]}


def test_several_inputs_of_different_lengths() -> None:
    """CalculatorRunner.MultiTagTestCalculatorOk: packets meet by timestamp."""
    outputs = CalculatorRunner(JoinCalculator).run([Packet(1, 0), Packet(2, 1)], [Packet(3, 1), Packet(4, 2)])
    assert outputs[""] == [((1, None), 0), ((2, 3), 1), ((None, 4), 2)]


def test_runs_again() -> None:
    """CalculatorRunner::Run() twice: nothing is left of the run before, not even after an error."""
    runner = CalculatorRunner(SquareIntCalculator)
    assert runner.run([3])[""] == [(9, 0)]
    with pytest.raises(TypeError):
        runner.run(["three"])
    assert runner.run([4])[""] == [(16, 0)]


def test_failure() -> None:
    """CalculatorRunner::Run() returns the error: says where."""

    def fail(cc: gf.Context) -> None:
        raise ValueError("it is broken")

    runner = CalculatorRunner(Call, side_packets={"PROCESS": fail})
    with pytest.raises(gf.CalculatorError, match="process failed at timestamp 5: ValueError: it is broken"):
        runner.run([Packet(1, 5)])


def test_outputs_that_bring_nothing() -> None:
    """CalculatorRunner: an output without packets is there, empty."""
    assert CalculatorRunner(EvenIntFilterCalculator).run([1, 3]) == {"": []}


def test_unconnected_multiple_input() -> None:
    """CalculatorRunner: one stream of a port for each that is given."""
    runner = CalculatorRunner(Sum)
    assert runner.run([1])[""] == [(1, 0)]
    assert runner.run([1], [2], [3])[""] == [(6, 0)]
