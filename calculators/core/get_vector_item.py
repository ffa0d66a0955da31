"""GetVectorItemCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.get_vector_item_pb2 import GetVectorItemCalculatorOptions


class GetVectorItemCalculator(gf.Calculator):
    """A calculator that sends one item of each list.

    Input streams
    -------------
    VECTOR : list
        The lists.
    INDEX : int, optional
        The index of the item, at least 0. It overrides the option.

    Output streams
    --------------
    ITEM : any
        The item.

    Options
    -------
    item_index : int, optional
        The index of the item, at least 0.
    output_empty_on_oob : bool, optional
        Whether to send nothing if the list has no item at the index. By default, the run fails.

    Example::

        node {
          calculator: "GetVectorItemCalculator"
          input_stream: "VECTOR:faces"
          output_stream: "ITEM:first_face"
          options { [graphframe.GetVectorItemCalculatorOptions.ext] { item_index: 0 output_empty_on_oob: true } }
        }
    """

    vector = gf.Input("VECTOR", list)
    index = gf.Input("INDEX", int, optional=True)
    item = gf.Output("ITEM")
    options = gf.Options(GetVectorItemCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        options = node[cls.options]
        if not node.connected(cls.index) and not options.HasField("item_index"):
            yield f"{cls.__name__} needs item_index in its options, or the input stream INDEX"
        if options.item_index < 0:
            yield f"item_index is {options.item_index}, but must be at least 0"

    def process(self, cc: gf.Context) -> None:
        if not cc.has(self.vector):
            return
        options = cc[self.options]
        index = cc.get(self.index, options.item_index if options.HasField("item_index") else None)
        if index is None:
            return
        items = cc[self.vector]
        if 0 <= index < len(items):
            cc.send(self.item, items[index])
        elif index < 0 or not options.output_empty_on_oob:
            raise ValueError(f"the list has {len(items)} items, and none at index {index}; see output_empty_on_oob")
