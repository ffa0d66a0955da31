from __future__ import annotations

import pytest

import graphframe as gf
from tests.calculators.core.steps import interface, node, problems


def split(options: str, outputs: str = "x y") -> str:
    more = f"options {{ [graphframe.SplitVectorCalculatorOptions.ext] {{ {options} }} }}"
    return interface("a", outputs) + node("SplitVectorCalculator", "a", outputs, more)


RANGES = "ranges { begin: 0 end: 1 } ranges { begin: 2 end: 4 }"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (RANGES, {"x": [([1], 0)], "y": [([3, 4], 0)]}),
        ("ranges { begin: 1 end: 2 } ranges { begin: 0 end: 3 }", {"x": [([2], 0)], "y": [([1, 2, 3], 0)]}),
        (
            "ranges { begin: 1 end: 2 } ranges { begin: 0 end: 1 } element_only: true",
            {"x": [(2, 0)], "y": [(1, 0)]},
        ),
    ],
)
def test_ranges(options: str, expected: dict[str, list[tuple[object, int]]]) -> None:
    assert gf.Graph.from_text(split(options)).run(a=[1, 2, 3, 4]) == expected


def test_combined() -> None:
    graph = gf.Graph.from_text(split(RANGES + "combine_outputs: true", "x"))
    assert graph.run(a=[1, 2, 3, 4]) == {"x": [([1, 3, 4], 0)]}


def test_list_is_too_short() -> None:
    with pytest.raises(gf.CalculatorError, match="a list of 3 is too short for a range that ends at 4"):
        gf.Graph.from_text(split(RANGES)).run(a=[1, 2, 3])


@pytest.mark.parametrize(
    ("options", "outputs", "message"),
    [
        ("", "x", "needs ranges in its options"),
        (RANGES, "x", "has 2 ranges, so it needs 2 output streams, not 1"),
        (RANGES + "combine_outputs: true", "x y", "has 2 ranges, so it needs 1 output streams, not 2"),
        ("ranges { begin: 2 end: 2 }", "x", "not at 2 with the end 2"),
        ("ranges { begin: -1 end: 2 }", "x", "not at -1 with the end 2"),
        (RANGES + "element_only: true", "x y", "element_only needs ranges of one item, unlike 2 to 4"),
        ("ranges { end: 1 } combine_outputs: true element_only: true", "x", "remove one of them"),
        (
            "ranges { begin: 3 end: 5 } ranges { begin: 0 end: 4 } combine_outputs: true",
            "x",
            "needs ranges that do not overlap, unlike 0 to 4 and 3 to 5",
        ),
    ],
)
def test_problems(options: str, outputs: str, message: str) -> None:
    assert message in problems(split(options, outputs))
