from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import Packet
from graphframe.calculators.core.packet_cloner import PacketClonerCalculator
from graphframe.calculators.core.packet_cloner_pb2 import PacketClonerCalculatorOptions
from tests.calculators.core.steps import Steps, interface, node, problems

GIVEN = [Packet("a", 1), Packet(None, 3)], [Packet("A", 2)]
TICKS = [Packet("tick", timestamp) for timestamp in range(5)]
FIRST = [("a", 1), ("a", 2), (None, 3), (None, 4)]
SECOND = [("A", 2), ("A", 3), ("A", 4)]
TEXT = interface("a b tick", "x y") + node("PacketClonerCalculator", "a b TICK:tick", "x y")


def run(text: str) -> dict[str, list[tuple[object, int]]]:
    steps = Steps(text)
    found: dict[str, list[tuple[object, int]]] = {"x": [], "y": []}
    given = (
        [("a", packet) for packet in GIVEN[0]]
        + [("b", packet) for packet in GIVEN[1]]
        + [("tick", packet) for packet in TICKS]
    )
    for name, packet in sorted(given, key=lambda item: item[1].timestamp):
        for stream, value, timestamp in steps.add(name, packet.value, packet.timestamp):
            found[stream].append((value, timestamp))
    for stream, value, timestamp in steps.close():
        found[stream].append((value, timestamp))
    return found


@pytest.mark.parametrize("inputs", ["a b TICK:tick", "a b tick"])
def test_latest_packets_at_each_tick(inputs: str) -> None:
    text = interface("a b tick", "x y") + node("PacketClonerCalculator", inputs, "x y")
    assert run(text) == {"x": FIRST, "y": SECOND}


@pytest.mark.parametrize(
    "option", ["output_only_when_all_inputs_received", "output_packets_only_when_all_inputs_received"]
)
def test_only_when_all_inputs_received(option: str) -> None:
    options = f"options {{ [graphframe.PacketClonerCalculatorOptions.ext] {{ {option}: true }} }}"
    text = interface("a b tick", "x y") + node("PacketClonerCalculator", "a b TICK:tick", "x y", options)
    assert run(text) == {"x": FIRST[1:], "y": SECOND}


def test_stream_without_a_packet_settles() -> None:
    steps = Steps(TEXT)
    steps.set_bound("a", 6)
    steps.set_bound("b", 6)
    assert steps.add("tick", "tick", 5) == []
    assert steps.bounds == {"x": 6, "y": 6}


def test_runs_begin_anew() -> None:
    runner = gf.CalculatorRunner(PacketClonerCalculator, PacketClonerCalculatorOptions())
    assert runner.run([Packet("a", 0)], TICK=["tick"]) == {"": [("a", 0)]}
    assert runner.run([], TICK=["tick"]) == {"": []}


@pytest.mark.parametrize(("inputs", "outputs"), [("a TICK:b", "x y"), ("a b", "x y"), ("a b TICK:c", "x")])
def test_outputs_must_match(inputs: str, outputs: str) -> None:
    text = interface("a b c", "") + node("PacketClonerCalculator", inputs, outputs)
    assert "needs an output stream for each input stream except the tick" in problems(text)
