"""EndLoopCalculator."""

from __future__ import annotations

from typing import Any

import graphframe as gf
from graphframe.calculators.core.begin_loop import BatchEnd


class EndLoopCalculator(gf.Calculator):
    """The end of a loop: collects the results of the items of an iterable in a list.

    `BeginLoopCalculator` begins the loop. An item for which the loop sends nothing is missing in the list; an empty
    iterable gives an empty list.

    Input streams
    -------------
    ITEM : any
        The results of the loop.
    BATCH_END : BatchEnd
        The ends of the iterables, from `BeginLoopCalculator`.

    Output streams
    --------------
    ITERABLE : list
        The results for each iterable, at its timestamp.

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
