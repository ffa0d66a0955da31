from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import Packet
from graphframe.calculators.core.concatenate_vector import ConcatenateVectorCalculator
from graphframe.calculators.core.concatenate_vector_pb2 import ConcatenateVectorCalculatorOptions


def test_joins_in_the_order_of_the_streams() -> None:
    first, second = [1, 2], [3]
    outputs = gf.CalculatorRunner(ConcatenateVectorCalculator).run([first], [second], [[]])
    assert outputs == {"": [([1, 2, 3], 0)]}
    assert (first, second) == ([1, 2], [3])


@pytest.mark.parametrize(
    ("only_emit_if_all_present", "expected"),
    [(False, [([1], 0), ([2, 3], 1), ([], 2)]), (True, [([2, 3], 1)])],
)
def test_lists_that_are_missing(only_emit_if_all_present: bool, expected: list[tuple[list[int], int]]) -> None:
    options = ConcatenateVectorCalculatorOptions(only_emit_if_all_present=only_emit_if_all_present)
    outputs = gf.CalculatorRunner(ConcatenateVectorCalculator, options).run([[1], [2]], [Packet([3], 1), Packet([], 2)])
    assert outputs[""] == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [([1, 2], 3, [1, 2, 3]), (1, [2, 3], [1, 2, 3]), (1, 2, [1, 2]), ((1, 2), "ab", [(1, 2), "ab"])],
)
def test_mixed_vectors_and_items(first: object, second: object, expected: list[object]) -> None:
    """ConcatenateVectorCalculatorTest.MixedVectorsAndItems: a value that is not a list is an item."""
    assert gf.CalculatorRunner(ConcatenateVectorCalculator).run([first], [second])[""] == [(expected, 0)]


@pytest.mark.parametrize(("all_present", "count"), [(True, 0), (False, 1)])
def test_items_one_empty_stream(all_present: bool, count: int) -> None:
    """ItemsOneEmptyStreamNoOutput, ItemsOneEmptyStreamStillOutput."""
    options = ConcatenateVectorCalculatorOptions(only_emit_if_all_present=all_present)
    assert len(gf.CalculatorRunner(ConcatenateVectorCalculator, options).run([1], [], [3])[""]) == count
