from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.calculators.core.pass_through import PassThroughCalculator


def test_each_packet_goes_to_the_same_place() -> None:
    first, second = object(), object()
    outputs = gf.CalculatorRunner(PassThroughCalculator).run(
        [first], [gf.Packet("u", 3)], WORD=["a", "b"], **{"WORD:1": [second]}
    )
    assert outputs == {"": [(first, 0)], ":1": [("u", 3)], "WORD": [("a", 0), ("b", 1)], "WORD:1": [(second, 0)]}
    assert outputs[""][0].value is first


def test_special_timestamps() -> None:
    packet = gf.Packet("only", gf.Timestamp.PRE_STREAM)
    assert gf.CalculatorRunner(PassThroughCalculator).run([packet]) == {"": [packet]}


@pytest.mark.parametrize(
    "streams",
    [
        'input_stream: "a"',
        'input_stream: "a" output_stream: "X:b"',
        'input_stream: "X:a" output_stream: "X:0:b" output_stream: "X:1:c"',
        'input_stream: "a" input_stream: "a" output_stream: "b"',
    ],
)
def test_inputs_and_outputs_must_match(streams: str) -> None:
    with pytest.raises(gf.GraphConfigError, match="PassThroughCalculator needs"):
        gf.Graph.from_text(f'input_stream: "a" node {{ calculator: "PassThroughCalculator" {streams} }}')


def test_bounds_pass_through() -> None:
    graph = gf.Graph.from_text("""
        input_stream: "a" input_stream: "b" output_stream: "d"
        node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }
        node { calculator: "PassThroughCalculator"
               input_stream: "X:a" input_stream: "Y:c" output_stream: "X:d" output_stream: "Y:e" }
    """)
    seen: list[gf.Packet] = []
    run = graph.start_run(observers={"d": seen.append})
    run.add("a", "value", 5)
    assert seen == []
    run.set_bound("b", 6)
    assert seen == [("value", 5)]
    run.close_inputs()
    run.wait_until_done(20)
