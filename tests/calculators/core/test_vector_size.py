from __future__ import annotations

import graphframe as gf
from graphframe.calculators.core.vector_size import VectorSizeCalculator


def test_lengths() -> None:
    found = gf.CalculatorRunner(VectorSizeCalculator).run(VECTOR=[[], [None], [1, 2]])
    assert found == {"SIZE": [(0, 0), (1, 1), (2, 2)]}
