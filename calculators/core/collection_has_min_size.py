"""CollectionHasMinSizeCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.collection_has_min_size_pb2 import CollectionHasMinSizeCalculatorOptions


class CollectionHasMinSizeCalculator(gf.Calculator):
    """A calculator that sends whether each collection has enough items, e.g. to open a gate.

    Input streams
    -------------
    ITERABLE : any
        Lists, or other values that have a length.

    Input side packets
    ------------------
    (no tag) : int, optional
        Overrides the option.

    Output streams
    --------------
    (no tag) : bool
        Whether it has at least `min_size` items.

    Options
    -------
    min_size : int, default 0
        The least number of items.

    Example::

        node {
          calculator: "CollectionHasMinSizeCalculator"
          input_stream: "ITERABLE:faces"
          output_stream: "has_two_faces"
          options { [graphframe.CollectionHasMinSizeCalculatorOptions.ext] { min_size: 2 } }
        }
    """

    collection = gf.Input("ITERABLE")
    least = gf.SideInput("", int, optional=True)
    enough = gf.Output("", bool)
    options = gf.Options(CollectionHasMinSizeCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        if (size := node[cls.options].min_size) < 0:
            yield f"min_size is {size}, but must be at least 0"

    def process(self, cc: gf.Context) -> None:
        cc.send(self.enough, len(cc[self.collection]) >= cc.get(self.least, cc[self.options].min_size))
