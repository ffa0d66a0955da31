"""ClipVectorSizeCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.clip_vector_size_pb2 import ClipVectorSizeCalculatorOptions


class ClipVectorSizeCalculator(gf.Calculator):
    """A calculator that cuts lists: it sends the first items of each.

    Input streams
    -------------
    (no tag) : list
        The lists.

    Input side packets
    ------------------
    (no tag) : int, optional
        Overrides the option.

    Output streams
    --------------
    (no tag) : list
        The lists, with at most `max_vec_size` items.

    Options
    -------
    max_vec_size : int, default 1
        The largest number of items, at least 1.

    Example::

        node {
          calculator: "ClipVectorSizeCalculator"
          input_stream: "faces"
          output_stream: "first_faces"
          options { [graphframe.ClipVectorSizeCalculatorOptions.ext] { max_vec_size: 2 } }
        }
    """

    vector = gf.Input("", list)
    most = gf.SideInput("", int, optional=True)
    clipped = gf.Output("", list)
    options = gf.Options(ClipVectorSizeCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        if (size := node[cls.options].max_vec_size) < 1:
            yield f"max_vec_size is {size}, but must be at least 1"

    def open(self, cc: gf.Context) -> None:
        self.size = cc.get(self.most, cc[self.options].max_vec_size)
        if self.size < 1:
            raise ValueError(f"the side packet for max_vec_size is {self.size}, but must be at least 1")

    def process(self, cc: gf.Context) -> None:
        cc.send(self.clipped, cc[self.vector][: self.size])
