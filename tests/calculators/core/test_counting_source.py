from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from graphframe.calculators.core.counting_source import CountingSourceCalculator
from graphframe.calculators.core.counting_source_pb2 import CountingSourceCalculatorOptions as Options
from tests.calculators.core.steps import interface, node, problems
from tests.framework.waiting import SECONDS


def count(options: Options | None = None, **side_packets: Any) -> list[tuple[int, int]]:
    outputs = gf.CalculatorRunner(CountingSourceCalculator, options, side_packets=side_packets).run()
    return [(packet.value, packet.timestamp) for packet in outputs[""]]


def test_options() -> None:
    assert count(Options(max_count=3)) == [(0, 0), (1, 1), (2, 2)]
    assert count(Options(max_count=2, initial_value=-5, increment=10)) == [(-5, -5), (5, 5)]
    assert count(Options(max_count=0)) == []


def test_side_packets_win_over_options() -> None:
    assert count(None, MAX_COUNT=2) == [(0, 0), (1, 1)]
    options = Options(max_count=9, initial_value=9, increment=9)
    assert count(options, MAX_COUNT=2, INITIAL_VALUE=1, INCREMENT=2) == [(1, 1), (3, 3)]


def test_fails_after_so_many() -> None:
    seen: list[gf.Packet] = []
    options = "node_options { [type.googleapis.com/graphframe.CountingSourceCalculatorOptions] { error_count: 2 } }"
    run = gf.Graph.from_text(interface("", "out") + node("CountingSourceCalculator", "", "out", options)).start_run(
        observers={"out": seen.append}
    )
    with pytest.raises(gf.CalculatorError, match="failed after 2 packets, as error_count says"):
        run.wait_until_done(SECONDS)
    assert seen == [(0, 0), (1, 1)]
    with pytest.raises(gf.CalculatorError, match="failed after 0 packets"):
        count(None, ERROR_COUNT=0)


def test_goes_on_until_the_run_is_stopped() -> None:
    graph = gf.Graph.from_text(interface("", "out") + node("CountingSourceCalculator", "", "out"))
    run = graph.start_run(pollers=["out"])
    poller = run.pollers["out"]
    for number in range(1000):
        assert poller.next(SECONDS) == (number, number)
    run.stop()
    rest = list(poller)
    run.wait_until_done(SECONDS)
    assert rest == [(number, number) for number in range(1000, 1000 + len(rest))]


def test_problems() -> None:
    options = "node_options { [type.googleapis.com/graphframe.CountingSourceCalculatorOptions] { increment: 0 } }"
    assert "increment is 0, but must be at least 1" in problems(node("CountingSourceCalculator", "", "out", options))
    with pytest.raises(gf.CalculatorError, match="INCREMENT is 0, but must be at least 1"):
        count(None, INCREMENT=0)


def test_count_that_is_not_given() -> None:
    """CalculatorGraph.BadRun: it would never end."""
    node = 'node { calculator: "CountingSourceCalculator" input_side_packet: "MAX_COUNT:n" output_stream: "o" }'
    with pytest.raises(gf.CalculatorError, match="MAX_COUNT was not given"):
        gf.Graph.from_text(node).run()
