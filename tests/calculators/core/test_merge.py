from __future__ import annotations

import graphframe as gf
from graphframe import Packet, Timestamp
from graphframe.calculators.core.merge import MergeCalculator
from tests.calculators.core.steps import Steps, interface, node

MERGE = interface("a b", "out") + node("MergeCalculator", "a b", "out")


def test_first_stream_wins_at_a_timestamp() -> None:
    outputs = gf.CalculatorRunner(MergeCalculator).run(
        [Packet(None, 1), Packet("b", 3)], [Packet("A", 1), Packet("B", 2), Packet("C", 3)]
    )
    assert outputs == {"": [(None, 1), ("B", 2), ("b", 3)]}


def test_waits_until_no_earlier_packet_can_come() -> None:
    steps = Steps(MERGE)
    assert steps.add("b", "b", 5) == []
    assert steps.add("a", "a", 3) == [("out", "a", 3)]
    assert steps.set_bound("a", 6) == [("out", "b", 5)]
    assert steps.close() == []
    assert steps.bounds["out"] == Timestamp.DONE
