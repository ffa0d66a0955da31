from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.calculators.core.collection_has_min_size import CollectionHasMinSizeCalculator
from graphframe.calculators.core.collection_has_min_size_pb2 import CollectionHasMinSizeCalculatorOptions


def runner(min_size: int, **more: dict[str, int]) -> gf.CalculatorRunner:
    options = CollectionHasMinSizeCalculatorOptions(min_size=min_size)
    return gf.CalculatorRunner(CollectionHasMinSizeCalculator, options, **more)  # type: ignore[arg-type]


def test_option() -> None:
    assert runner(2).run(ITERABLE=[[1], [1, 2], {1, 2, 3}]) == {"": [(False, 0), (True, 1), (True, 2)]}


def test_side_packet() -> None:
    assert runner(2, side_packets={"": 1}).run(ITERABLE=[[1], []]) == {"": [(True, 0), (False, 1)]}


def test_a_negative_size() -> None:
    with pytest.raises(gf.GraphConfigError, match="min_size is -1, but must be at least 0"):
        runner(-1).run(ITERABLE=[[]])
