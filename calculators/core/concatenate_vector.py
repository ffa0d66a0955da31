"""ConcatenateVectorCalculator."""

from __future__ import annotations

from itertools import chain

import graphframe as gf
from graphframe.calculators.core.concatenate_vector_pb2 import ConcatenateVectorCalculatorOptions


class ConcatenateVectorCalculator(gf.Calculator):
    """A calculator that joins the lists and single items of all input streams into a list, in the order of the streams.

    Input streams
    -------------
    (no tag) : any, multiple
        The parts. A value that is not a list is one item.

    Output streams
    --------------
    (no tag) : list
        The joined list.

    Options
    -------
    only_emit_if_all_present : bool, default false
        Whether to send nothing at timestamps at which an input stream has no packet. By default the remaining lists are
        joined.

    Example::

        node {
          calculator: "ConcatenateVectorCalculator"
          input_stream: "faces"
          input_stream: "hands"
          output_stream: "faces_and_hands"
        }
    """

    parts = gf.Input("", multiple=True)
    whole = gf.Output("", list)
    options = gf.Options(ConcatenateVectorCalculatorOptions)

    def process(self, cc: gf.Context) -> None:
        parts = [part for part in cc.values(self.parts) if part is not None]
        if len(parts) == cc.connected(self.parts) or not cc[self.options].only_emit_if_all_present:
            lists = (part if isinstance(part, list) else [part] for part in parts)
            cc.send(self.whole, list(chain.from_iterable(lists)))
