from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.calculators.core.clip_vector_size import ClipVectorSizeCalculator
from graphframe.calculators.core.clip_vector_size_pb2 import ClipVectorSizeCalculatorOptions

LISTS: list[list[int]] = [[], [1], [1, 2, 3]]


@pytest.mark.parametrize(("size", "expected"), [(1, [[], [1], [1]]), (2, [[], [1], [1, 2]]), (9, LISTS)])
def test_option(size: int, expected: list[list[int]]) -> None:
    runner = gf.CalculatorRunner(ClipVectorSizeCalculator, ClipVectorSizeCalculatorOptions(max_vec_size=size))
    assert [packet.value for packet in runner.run(LISTS)[""]] == expected


def test_side_packet() -> None:
    runner = gf.CalculatorRunner(ClipVectorSizeCalculator, side_packets={"": 2})
    assert runner.run([[1, 2, 3]])[""] == [([1, 2], 0)]


def test_sizes_below_1() -> None:
    with pytest.raises(gf.GraphConfigError, match="max_vec_size is 0, but must be at least 1"):
        gf.CalculatorRunner(ClipVectorSizeCalculator, ClipVectorSizeCalculatorOptions(max_vec_size=0)).run(LISTS)
    with pytest.raises(gf.CalculatorError, match="is 0, but must be at least 1"):
        gf.CalculatorRunner(ClipVectorSizeCalculator, side_packets={"": 0}).run(LISTS)
