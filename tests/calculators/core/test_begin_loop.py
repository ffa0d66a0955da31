from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.calculators.core.steps import Steps, interface, node, problems

LOOP = interface("a c", "item clone end") + node(
    "BeginLoopCalculator", "ITERABLE:a CLONE:c", "ITEM:item CLONE:clone BATCH_END:end"
)

PLAIN = interface("a", "item end") + node("BeginLoopCalculator", "ITERABLE:a", "ITEM:item BATCH_END:end")


def test_items_have_times_of_their_own() -> None:
    steps = Steps(PLAIN)
    found = [
        *steps.add("a", ["a", "b", None], 10),
        *steps.add("a", (), 20),
        *steps.add("a", {"c": 1}, 21),
    ]
    assert [event for event in found if event[0] == "item"] == [
        ("item", "a", 0),
        ("item", "b", 1),
        ("item", None, 2),
        ("item", "c", 4),
    ]
    assert [event for event in found if event[0] == "end"] == [
        ("end", (10, True), 2),
        ("end", (20, True), 3),
        ("end", (21, True), 4),
    ]


def test_clones_come_with_each_item() -> None:
    steps = Steps(LOOP)
    steps.add("c", "c", 0)
    found = steps.add("a", "xy", 0)
    assert sorted(found) == [
        ("clone", "c", 0),
        ("clone", "c", 1),
        ("end", (0, True), 1),
        ("item", "x", 0),
        ("item", "y", 1),
    ]
    steps.add("a", "z", 1)
    assert sorted(steps.set_bound("c", 2)) == [("end", (1, True), 2), ("item", "z", 2)]
    assert steps.bounds == {"clone": 3, "item": 3, "end": 3}


def test_settled_timestamps_are_told() -> None:
    steps = Steps(LOOP)
    steps.set_bound("a", 8)
    assert steps.set_bound("c", 6) == [("end", (5, False), 0)]
    assert steps.bounds == {"clone": 1, "item": 1, "end": 1}
    assert steps.close() == []
    assert steps.bounds["item"] == Timestamp.DONE


def test_clone_without_iterable_is_dropped() -> None:
    steps = Steps(LOOP)
    steps.add("c", "c", 4)
    assert steps.set_bound("a", 5) == [("end", (4, False), 0)]


def test_what_is_no_iterable() -> None:
    with pytest.raises(gf.CalculatorError, match="'int' object is not iterable"):
        gf.Graph.from_text(PLAIN).run(a=7)


def test_clones_must_match() -> None:
    text = node("BeginLoopCalculator", "ITERABLE:a CLONE:b", "ITEM:item BATCH_END:end")
    assert "needs a CLONE output stream for each CLONE input stream" in problems(interface("a b", "") + text)
