from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

import graphframe as gf
from graphframe import Packet, Timestamp
from graphframe.calculators.core.packet_thinner import PacketThinnerCalculator
from graphframe.calculators.core.packet_thinner_pb2 import PacketThinnerCalculatorOptions as Options
from tests.calculators.core.steps import Steps, interface, node, problems

SYNC = Options.SYNC


def thin(options: Options, timestamps: Iterable[int], **side_packets: Any) -> list[tuple[int, int]]:
    """Return the values, which are the original timestamps, and the timestamps of the remaining packets."""
    runner = gf.CalculatorRunner(PacketThinnerCalculator, options, side_packets=side_packets)
    outputs = runner.run([Packet(timestamp, timestamp) for timestamp in timestamps])
    return [(packet.value, packet.timestamp) for packet in outputs[""]]


def thinner(options: str) -> str:
    more = f"options {{ [graphframe.PacketThinnerCalculatorOptions.ext] {{ {options} }} }}"
    return interface("a", "out") + node("PacketThinnerCalculator", "a", "out", more)


def same(*timestamps: int) -> list[tuple[int, int]]:
    return [(timestamp, timestamp) for timestamp in timestamps]


class TestAsync:
    """A pause after each packet."""

    def test_period(self) -> None:
        assert thin(Options(period=10), range(0, 40, 4)) == same(0, 12, 24, 36)
        assert thin(Options(period=5), [-7, -3, -2, 3]) == same(-7, -2, 3)
        assert thin(Options(), range(5)) == same(0, 1, 2, 3, 4)

    def test_span(self) -> None:
        assert thin(Options(period=2, start_time=3, end_time=8), range(12)) == same(3, 5, 7)

    def test_side_packet_wins_over_the_option(self) -> None:
        assert thin(Options(period=3), range(10), PERIOD=5) == same(0, 5)

    def test_bounds(self) -> None:
        steps = Steps(thinner("period: 10 start_time: 5 end_time: 40"))
        assert steps.bounds["out"] == 5
        steps.add("a", None, 7)
        assert steps.bounds["out"] == 17
        steps.set_bound("a", 30)
        assert steps.bounds["out"] == 30
        steps.add("a", None, 45)
        assert steps.bounds["out"] == Timestamp.DONE
        assert steps.add("a", None, 50) == []
        assert steps.close() == []


class TestSync:
    """One packet for each period."""

    def test_nearest_to_the_centre_at_the_centre(self) -> None:
        options = Options(thinner_type=SYNC, period=10)
        assert thin(options, [1, 4, 5, 9, 12, 26, 33]) == [(1, 0), (9, 10), (33, 30)]

    def test_of_two_the_later(self) -> None:
        assert thin(Options(thinner_type=SYNC, period=10), [8, 12]) == [(12, 10)]

    def test_own_timestamps(self) -> None:
        options = Options(thinner_type=SYNC, period=10, sync_output_timestamps=False)
        assert thin(options, [1, 4, 5, 9, 12, 26, 33]) == same(1, 9, 33)

    def test_span(self) -> None:
        options = Options(thinner_type=SYNC, period=10, start_time=-5, end_time=22)
        assert thin(options, [-9, -4, 3, 6, 14, 17, 22, 30]) == [(-4, -5), (6, 5), (14, 15)]

    def test_starts_at_zero(self) -> None:
        assert thin(Options(thinner_type=SYNC, period=10), [-1, 3]) == [(3, 0)]

    def test_odd_period(self) -> None:
        assert thin(Options(thinner_type=SYNC, period=3), range(8)) == [(0, 0), (3, 3), (6, 6)]

    def test_bounds(self) -> None:
        steps = Steps(thinner("thinner_type: SYNC period: 10"))
        assert steps.add("a", "a", 12) == []
        assert steps.bounds["out"] == 10
        assert steps.add("a", "b", 24) == [("out", "a", 10)]
        assert steps.bounds["out"] == 20
        assert steps.close() == [("out", "b", 20)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("period: 0", "period is 0, but must be at least 1"),
        ("start_time: 5 end_time: 5", "start_time 5 must come before end_time 5"),
        ("thinner_type: SYNC end_time: -5", "start_time 0 must come before end_time -5"),
    ],
)
def test_problems(options: str, message: str) -> None:
    assert message in problems(thinner(options))


def test_wrong_side_packet() -> None:
    with pytest.raises(gf.CalculatorError, match="PERIOD is 0, but must be at least 1"):
        thin(Options(), [], PERIOD=0)
