from __future__ import annotations

import graphframe as gf
from graphframe.calculators.core.thresholding import ThresholdingCalculator
from graphframe.calculators.core.thresholding_pb2 import ThresholdingCalculatorOptions
from tests.calculators.core.steps import interface, node, problems

OPTIONS = ThresholdingCalculatorOptions(threshold=0.5)


def test_outputs() -> None:
    assert gf.CalculatorRunner(ThresholdingCalculator, OPTIONS).run(FLOAT=[0.7, 0.5]) == {
        "FLAG": [(True, 0), (False, 1)],
        "ACCEPT": [(True, 0)],
        "REJECT": [(False, 1)],
    }


def test_side_packet_and_stream() -> None:
    runner = gf.CalculatorRunner(ThresholdingCalculator, side_packets={"THRESHOLD": 0.9})
    assert runner.run(FLOAT=[0.7])["FLAG"] == [(False, 0)]
    runner = gf.CalculatorRunner(ThresholdingCalculator)
    thresholds = [gf.Packet(0.2, 1), gf.Packet(0.8, 2)]
    found = runner.run(FLOAT=[0.1, 0.1, gf.Packet(0.7, 3)], THRESHOLD=thresholds)["FLAG"]
    assert found == [(True, 0), (False, 1), (False, 3)]


def test_two_thresholds() -> None:
    text = interface("a t", "out", "s") + node(
        "ThresholdingCalculator", "FLOAT:a THRESHOLD:t", "FLAG:out", 'input_side_packet: "THRESHOLD:s"'
    )
    assert "the threshold is given twice" in problems(text)
