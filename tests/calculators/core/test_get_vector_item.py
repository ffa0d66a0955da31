from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.calculators.core.get_vector_item import GetVectorItemCalculator
from graphframe.calculators.core.get_vector_item_pb2 import GetVectorItemCalculatorOptions

ITEMS = [["a", "b"]]


def runner(*, item_index: int | None = None, output_empty_on_oob: bool = False) -> gf.CalculatorRunner:
    options = GetVectorItemCalculatorOptions(item_index=item_index, output_empty_on_oob=output_empty_on_oob)
    return gf.CalculatorRunner(GetVectorItemCalculator, options)


def test_index_by_option() -> None:
    assert runner(item_index=1).run(VECTOR=ITEMS) == {"ITEM": [("b", 0)]}


def test_stream_overrides_the_option() -> None:
    found = runner(item_index=1).run(VECTOR=ITEMS * 2, INDEX=[0])
    assert found == {"ITEM": [("a", 0), ("b", 1)]}


def test_timestamps_without_an_index_or_a_list() -> None:
    assert runner().run(VECTOR=ITEMS, INDEX=[gf.Packet(0, 1)]) == {"ITEM": []}


@pytest.mark.parametrize("index", [2, -1])
def test_no_such_item(index: int) -> None:
    with pytest.raises(gf.CalculatorError, match=f"the list has 2 items, and none at index {index}"):
        runner().run(VECTOR=ITEMS, INDEX=[index])


def test_no_such_item_may_be_nothing() -> None:
    assert runner(item_index=2, output_empty_on_oob=True).run(VECTOR=ITEMS) == {"ITEM": []}


def test_wrong_options() -> None:
    with pytest.raises(gf.GraphConfigError, match="needs item_index in its options, or the input stream INDEX"):
        runner().run(VECTOR=ITEMS)
    with pytest.raises(gf.GraphConfigError, match="item_index is -1, but must be at least 0"):
        runner(item_index=-1).run(VECTOR=ITEMS)
