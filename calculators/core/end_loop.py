"""EndLoopCalculator."""

from __future__ import annotations

from typing import Any

import graphframe as gf
from graphframe.calculators.core.begin_loop import BatchEnd


class EndLoopCalculator(gf.Calculator):
    """Ends a loop: collects the packets of ITEM, and sends them as a list, to ITERABLE, at the iterable's timestamp.

    BATCH_END comes from the `BeginLoopCalculator`. An item for which the loop sends nothing is left out of the list. An
    empty iterable gives an empty list.

    Example::

        node {
          calculator: "BeginLoopCalculator"
          input_stream: "ITERABLE:prompts"
          output_stream: "ITEM:prompt"
          output_stream: "BATCH_END:batch_end"
        }
        node { calculator: "PassThroughCalculator" input_stream: "prompt" output_stream: "result" }
        node {
          calculator: "EndLoopCalculator"
          input_stream: "ITEM:result"
          input_stream: "BATCH_END:batch_end"
          output_stream: "ITERABLE:results"
        }
    """

    timestamp_offset = None
    item = gf.Input("ITEM")
    batch_end = gf.Input("BATCH_END", BatchEnd)
    iterable = gf.Output("ITERABLE", list)

    def open(self, cc: gf.Context) -> None:
        self.items: list[Any] = []

    def process(self, cc: gf.Context) -> None:
        if cc.has(self.item):
            self.items.append(cc[self.item])
        if cc.has(self.batch_end):
            end = cc[self.batch_end]
            if end.given:
                cc.send(self.iterable, self.items, end.timestamp)
                self.items = []
            cc.set_next_timestamp_bound(self.iterable, gf.Timestamp.next_allowed_in_stream(end.timestamp))
