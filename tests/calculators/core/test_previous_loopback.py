from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.calculators.core.steps import Steps, interface, node

BACK = 'input_stream_info { tag_index: "LOOP" back_edge: true }'
LOOPBACK = node("PreviousLoopbackCalculator", "MAIN:a LOOP:b", "PREV_LOOP:prev", BACK)


@gf.register
class Trail(gf.Calculator):
    """A calculator that appends VALUE to the value of BEFORE, and sends nothing for None."""

    value = gf.Input("VALUE")
    before = gf.Input("BEFORE")
    trail = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        if cc[self.value] is not None:
            cc.send(self.trail, [*cc.get(self.before, []), cc[self.value]])


def fed(steps: Steps, *given: tuple[Any, int]) -> list[tuple[Any, int]]:
    """The outputs of the node that gets the previous result."""
    found = []
    for value, timestamp in given:
        found += steps.add("a", value, timestamp)
    return [(value, timestamp) for stream, value, timestamp in found if stream == "b"]


def test_result_goes_back() -> None:
    steps = Steps(interface("a", "b") + LOOPBACK + node("Trail", "VALUE:a BEFORE:prev", "b"))
    assert fed(steps, (1, 10), (2, 20), (3, 25)) == [([1], 10), ([1, 2], 20), ([1, 2, 3], 25)]
    assert steps.close() == []
    assert steps.bounds["b"] == Timestamp.DONE


def test_result_that_was_not_made() -> None:
    steps = Steps(interface("a", "b") + LOOPBACK + node("Trail", "VALUE:a BEFORE:prev", "b"))
    assert fed(steps, (1, 0), (2, 1), (None, 2), (4, 3), (5, 4)) == [([1], 0), ([1, 2], 1), ([4], 3), ([4, 5], 4)]


@pytest.mark.parametrize("threads", ["", "num_threads: 3 "])
def test_keeps_up_with_a_source(threads: str) -> None:
    graph = gf.Graph.from_text(
        threads
        + interface("", "b", "count")
        + node("CountingSourceCalculator", "", "a", 'input_side_packet: "MAX_COUNT:count"')
        + LOOPBACK
        + node("Trail", "VALUE:a BEFORE:prev", "b")
    )
    outputs = graph.run(side_packets={"count": 30})
    assert outputs["b"] == [(list(range(timestamp + 1)), timestamp) for timestamp in range(30)]


def test_bounds_of_main_pass() -> None:
    steps = Steps(interface("a", "prev b") + LOOPBACK + node("Trail", "VALUE:a BEFORE:prev", "b"))
    steps.set_bound("a", 7)
    assert steps.bounds == {"prev": 7, "b": 7}
    steps.add("a", 1, 7)
    steps.set_bound("a", 20)
    assert steps.bounds == {"prev": 20, "b": 20}
    assert fed(steps, (2, 30)) == [([1, 2], 30)]


class TestStepByStep:
    """Both inputs are inputs of the graph."""

    TEXT = interface("a b", "prev") + node("PreviousLoopbackCalculator", "MAIN:a LOOP:b", "PREV_LOOP:prev")

    def test_main_ahead_of_loop(self) -> None:
        steps = Steps(self.TEXT)
        assert steps.add("a", "main", 1) == []
        assert steps.bounds["prev"] == 2
        assert steps.add("a", "main", 2) == []
        assert steps.add("a", "main", 3) == []
        assert steps.bounds["prev"] == 2
        assert steps.add("b", "loop 1", 1) == [("prev", "loop 1", 2)]
        assert steps.set_bound("b", 3) == []
        assert steps.bounds["prev"] == 4

    def test_loop_ahead_of_main(self) -> None:
        steps = Steps(self.TEXT)
        for timestamp in (0, 1, 2, 3):
            assert steps.add("b", f"loop {timestamp}", timestamp) == []
        assert steps.add("a", "main", 1) == []
        assert steps.add("a", "main", 3) == [("prev", "loop 1", 3)]
        assert steps.add("a", "main", 8) == [("prev", "loop 3", 8)]
        assert steps.close() == []

    def test_loop_closes_first(self) -> None:
        steps = Steps(self.TEXT)
        steps.add("a", "main", 1)
        steps.add("a", "main", 2)
        steps.set_bound("b", Timestamp.DONE)
        assert steps.bounds["prev"] == 3
        steps.add("a", "main", 5)
        assert steps.bounds["prev"] == 6
        assert steps.close() == []
        assert steps.bounds["prev"] == Timestamp.DONE

    def test_main_closes_first(self) -> None:
        steps = Steps(self.TEXT)
        steps.add("a", "main", 1)
        steps.add("a", "main", 2)
        steps.set_bound("a", Timestamp.DONE)
        assert steps.bounds["prev"] == 2
        assert steps.add("b", None, 1) == [("prev", None, 2)]
        assert steps.bounds["prev"] == Timestamp.DONE
