"""BeginLoopCalculator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import graphframe as gf


class BatchEnd(NamedTuple):
    """The end of a batch, sent by `BeginLoopCalculator` to `EndLoopCalculator`.

    Attributes
    ----------
    timestamp : int
        The timestamp of the iterable.
    given : bool
        Whether there was an iterable. False reports only that all timestamps up to `timestamp` are settled.
    """

    timestamp: int
    given: bool


class BeginLoopCalculator(gf.Calculator):
    """The begin of a loop: sends the items of each iterable one by one.

    `EndLoopCalculator` collects the results of the loop. Timestamps inside the loop are 0, 1, 2 and so on, across all
    iterables; an empty iterable takes one of them too.

    Input streams
    -------------
    ITERABLE : any
        Any Python iterable.
    CLONE : any, multiple, optional
        Packets that are sent again with each item of the iterable at the same timestamp.

    Output streams
    --------------
    ITEM : any
        The items.
    CLONE : any, multiple, optional
        The packet of the CLONE input stream of the same index, once for each item.
    BATCH_END : BatchEnd
        One packet for each iterable, at the timestamp of its last item.

    Example::

        node {
          calculator: "BeginLoopCalculator"
          input_stream: "ITERABLE:images"
          input_stream: "CLONE:prompt"
          output_stream: "ITEM:image"
          output_stream: "CLONE:prompt_of_image"
          output_stream: "BATCH_END:batch_end"
        }
    """

    process_timestamp_bounds = True
    timestamp_offset = None
    iterable = gf.Input("ITERABLE")
    given = gf.Input("CLONE", multiple=True, optional=True)
    item = gf.Output("ITEM")
    cloned = gf.Output("CLONE", multiple=True, optional=True, same_as=given)
    batch_end = gf.Output("BATCH_END", BatchEnd)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        if node.connected(cls.given) != node.connected(cls.cloned):
            yield f"{cls.__name__} needs a CLONE output stream for each CLONE input stream"

    def open(self, cc: gf.Context) -> None:
        self.time = 0

    def process(self, cc: gf.Context) -> None:
        given = cc.has(self.iterable)
        clones = cc.packets(self.given)
        first = self.time
        for item in cc[self.iterable] if given else ():
            cc.send(self.item, item, self.time)
            for index, packet in enumerate(clones):
                if packet is not None:
                    cc.send(self.cloned, packet.value, self.time, index=index)
            self.time += 1
        self.time = max(self.time, first + 1)
        cc.send(self.batch_end, BatchEnd(cc.timestamp, given), self.time - 1)
        cc.set_next_timestamp_bound(self.item, self.time)
        for index in range(len(clones)):
            cc.set_next_timestamp_bound(self.cloned, self.time, index=index)
