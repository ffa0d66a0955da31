from __future__ import annotations

import graphframe as gf
from graphframe import Timestamp
from tests.calculators.core.steps import Steps, interface, node
from tests.framework import toys

assert toys  # Threshold is one


def loop(body: str, begin: str = "ITERABLE:a", item: str = "ITEM:item") -> str:
    return (
        interface("a", "out")
        + node("BeginLoopCalculator", begin, f"{item} BATCH_END:end")
        + body
        + node("EndLoopCalculator", "ITEM:result BATCH_END:end", "ITERABLE:out")
    )


PASS = loop(node("PassThroughCalculator", "item", "result"))
FILTER = loop(node("Threshold", "item", "ABOVE:result"))


def test_list_comes_out_at_the_timestamp_of_the_iterable() -> None:
    steps = Steps(PASS)
    assert steps.add("a", (1, None, 3), 10) == [("out", [1, None, 3], 10)]
    assert steps.add("a", [4], 12) == [("out", [4], 12)]
    assert steps.close() == []
    assert steps.bounds["out"] == Timestamp.DONE


def test_empty_iterables_give_empty_lists() -> None:
    steps = Steps(PASS)
    assert steps.add("a", [], 3) == [("out", [], 3)]
    assert steps.add("a", [1], 4) == [("out", [1], 4)]
    assert steps.add("a", [], 5) == [("out", [], 5)]


def test_settled_timestamps_settle() -> None:
    steps = Steps(PASS)
    assert steps.set_bound("a", 7) == []
    assert steps.bounds["out"] == 7
    steps.add("a", [1], 7)
    assert steps.set_bound("a", 10) == []
    assert steps.bounds["out"] == 10


def test_items_may_be_dropped() -> None:
    steps = Steps(FILTER)
    assert steps.add("a", [-1, 5, -2, 6, -3], 0) == [("out", [5, 6], 0)]
    assert steps.add("a", [-1], 1) == [("out", [], 1)]


def test_lists_are_not_shared() -> None:
    (first, second) = gf.Graph.from_text(PASS).run(a=[1])["out"], gf.Graph.from_text(PASS).run(a=[2])["out"]
    assert (first, second) == ([([1], 0)], [([2], 0)])


def test_loop_in_a_loop() -> None:
    steps = Steps(
        interface("a", "out")
        + node("BeginLoopCalculator", "ITERABLE:a", "ITEM:row BATCH_END:end")
        + node("BeginLoopCalculator", "ITERABLE:row", "ITEM:item BATCH_END:row_end")
        + node("Double", "item", "doubled")
        + node("EndLoopCalculator", "ITEM:doubled BATCH_END:row_end", "ITERABLE:doubled_row")
        + node("EndLoopCalculator", "ITEM:doubled_row BATCH_END:end", "ITERABLE:out")
    )
    assert steps.add("a", [[1, 2], [], [3]], 5) == [("out", [[2, 4], [], [6]], 5)]
    assert steps.add("a", [], 6) == [("out", [], 6)]
    steps.set_bound("a", 9)
    assert steps.bounds["out"] == 9
