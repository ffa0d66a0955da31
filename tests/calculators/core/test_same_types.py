"""Calculators that pass packets on have outputs of the type of their inputs."""

from __future__ import annotations

import pytest

from tests.calculators.core.steps import interface, node, problems
from tests.framework import toys

assert toys  # Text sends str, and Double takes int

BACK = 'input_stream_info { tag_index: "%s" back_edge: true }'


@pytest.mark.parametrize(
    "between",
    [
        node("PassThroughCalculator", "text", "same"),
        node("GateCalculator", "b text", "c same"),
        node("FlowLimiterCalculator", "text FINISHED:doubled", "same", BACK % "FINISHED"),
        node("PacketClonerCalculator", "text TICK:b", "same"),
        node("PacketThinnerCalculator", "text", "same"),
        node("BeginLoopCalculator", "ITERABLE:b CLONE:text", "ITEM:c CLONE:same BATCH_END:d"),
        node("PreviousLoopbackCalculator", "MAIN:b LOOP:text", "PREV_LOOP:same"),
    ],
    ids=lambda text: text.split('"')[1],
)
def test_types_pass_through(between: str) -> None:
    text = interface("a b", "") + node("Text", "TEXT:a", "TEXT:text") + between + node("Double", "same", "doubled")
    assert 'node "Double": input_stream "same" takes int, but node' in problems(text)
