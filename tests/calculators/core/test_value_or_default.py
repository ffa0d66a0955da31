from __future__ import annotations

import graphframe as gf
from graphframe.calculators.core.value_or_default import ValueOrDefaultCalculator


def test_only_ticks_have_a_value() -> None:
    runner = gf.CalculatorRunner(ValueOrDefaultCalculator, side_packets={"": 0})
    found = runner.run(IN=[gf.Packet(1, 1), gf.Packet(2, 2)], TICK=["tick", "tick"])
    assert found == {"OUT": [(0, 0), (1, 1)], "FLAG": [(True, 0)]}
