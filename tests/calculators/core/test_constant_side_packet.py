from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.calculators.core.constant_side_packet import ConstantSidePacketCalculator

NODE = """
    output_side_packet: "a"
    node { calculator: "ConstantSidePacketCalculator" output_side_packet: "PACKET:a"
           options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] { %s } } }
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("int_value: 256", 256),
        ("uint64_value: 18446744073709551615", 2**64 - 1),
        ("int64_value: -9223372036854775808", -(2**63)),
        ("float_value: 0.5", 0.5),
        ("double_value: 0.1", 0.1),
        ("bool_value: false", False),
        ('string_value: "ink"', "ink"),
        ('string_vector_value { string_value: "a" string_value: "b" }', ["a", "b"]),
        ("float_vector_value { float_value: [0.5, 2] }", [0.5, 2.0]),
        ("int_vector_value { }", []),
    ],
)
def test_kinds_of_values(text: str, value: object) -> None:
    run = gf.Graph.from_text(NODE % f"packet {{ {text} }}").start_run()
    run.wait_until_done(30)
    assert run.side_packet("a") == value
    assert type(run.side_packet("a")) is type(value)


@pytest.mark.parametrize(
    ("packets", "message"),
    [
        ("", f"{ConstantSidePacketCalculator.__name__} needs a packet in its options for each output side packet"),
        ("packet { int_value: 1 } packet { int_value: 2 }", "for each output side packet"),
        ("packet { }", "packet 0 of the options has no value"),
    ],
)
def test_wrong_options(packets: str, message: str) -> None:
    with pytest.raises(gf.GraphConfigError, match=message):
        gf.Graph.from_text(NODE % packets)
