from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.calculators.core.make_pair import MakePairCalculator


def test_pairs() -> None:
    found = gf.CalculatorRunner(MakePairCalculator).run([1, 2], [gf.Packet("a", 1), gf.Packet("b", 2)])
    assert found == {"": [((1, None), 0), ((2, "a"), 1), ((None, "b"), 2)]}


def test_other_numbers_of_streams() -> None:
    with pytest.raises(gf.GraphConfigError, match="needs two input streams"):
        gf.CalculatorRunner(MakePairCalculator).run([1])
