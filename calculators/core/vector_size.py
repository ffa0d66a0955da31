"""VectorSizeCalculator."""

from __future__ import annotations

import graphframe as gf


class VectorSizeCalculator(gf.Calculator):
    """A calculator that sends the length of each list.

    Input streams
    -------------
    VECTOR : list
        The lists.

    Output streams
    --------------
    SIZE : int
        The number of items.

    Example::

        node {
          calculator: "VectorSizeCalculator"
          input_stream: "VECTOR:faces"
          output_stream: "SIZE:number_of_faces"
        }
    """

    vector = gf.Input("VECTOR", list)
    size = gf.Output("SIZE", int)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.size, len(cc[self.vector]))
