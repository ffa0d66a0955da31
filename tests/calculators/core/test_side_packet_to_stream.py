from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from graphframe import Timestamp
from graphframe.calculators.core.side_packet_to_stream import SidePacketToStreamCalculator
from tests.calculators.core.steps import Steps, interface, node, problems


def run(outputs: str, side: str, **side_packets: Any) -> dict[str, list[gf.Packet]]:
    """A graph without inputs."""
    specs = " ".join(f'input_side_packet: "{spec}"' for spec in side.split())
    text = interface("", "x y" if "y" in outputs else "x", " ".join(side_packets))
    return gf.Graph.from_text(text + node("SidePacketToStreamCalculator", "", outputs, specs)).run(
        side_packets=side_packets
    )


@pytest.mark.parametrize(
    ("tag", "timestamp"),
    [("AT_PRESTREAM", Timestamp.PRE_STREAM), ("AT_POSTSTREAM", Timestamp.POST_STREAM), ("AT_ZERO", 0)],
)
def test_fixed_timestamps(tag: str, timestamp: int) -> None:
    assert run(f"{tag}:x", "a", a="value") == {"x": [("value", timestamp)]}


def test_given_timestamp() -> None:
    assert run("AT_TIMESTAMP:x", "TIMESTAMP:t a", a="value", t=-7) == {"x": [("value", -7)]}


def test_several() -> None:
    assert run("AT_ZERO:0:x AT_ZERO:1:y", "a b", a=1, b=2) == {"x": [(1, 0)], "y": [(2, 0)]}


def test_ticks() -> None:
    runner = gf.CalculatorRunner(SidePacketToStreamCalculator, side_packets={"": "value"})
    with pytest.raises(gf.GraphConfigError, match="needs output streams of one of these tags"):
        runner.run(TICK=[1])  # which connects all outputs
    text = interface("tick", "x y", "a b") + node(
        "SidePacketToStreamCalculator",
        "TICK:tick",
        "AT_TICK:0:x AT_TICK:1:y",
        'input_side_packet: "a" input_side_packet: "b"',
    )
    steps = Steps(text, a=1, b=2)
    assert steps.add("tick", None, 3) == [("x", 1, 3), ("y", 2, 3)]
    assert steps.add("tick", None, 5) == [("x", 1, 5), ("y", 2, 5)]
    steps.set_bound("tick", 9)
    assert steps.bounds == {"x": 9, "y": 9}
    assert steps.close() == []


def test_first_tick() -> None:
    text = interface("tick", "x", "a") + node(
        "SidePacketToStreamCalculator", "TICK:tick", "AT_FIRST_TICK:x", 'input_side_packet: "a"'
    )
    steps = Steps(text, a=1)
    assert steps.add("tick", None, 3) == [("x", 1, 3)]
    assert steps.bounds["x"] == Timestamp.DONE
    assert steps.add("tick", None, 5) == []


@pytest.mark.parametrize(
    ("inputs", "outputs", "side", "message"),
    [
        ("", "AT_ZERO:x AT_PRESTREAM:y", "a", "needs output streams of one of these tags: AT_PRESTREAM"),
        ("", "AT_ZERO:0:x AT_ZERO:1:y", "a", "an output stream for each input side packet without a tag"),
        ("", "AT_TICK:x", "a", "needs the input stream TICK for AT_TICK"),
        ("TICK:tick", "AT_ZERO:x", "a", "needs the input stream TICK for AT_TICK"),
        ("", "AT_TIMESTAMP:x", "a", "needs the input side packet TIMESTAMP for AT_TIMESTAMP"),
        ("", "AT_ZERO:x", "a TIMESTAMP:b", "needs the input side packet TIMESTAMP for AT_TIMESTAMP"),
    ],
)
def test_problems(inputs: str, outputs: str, side: str, message: str) -> None:
    specs = " ".join(f'input_side_packet: "{spec}"' for spec in side.split())
    text = interface("tick", "", "a b") + node("SidePacketToStreamCalculator", inputs, outputs, specs)
    assert message in problems(text)
