"""DemuxCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.demux_pb2 import DemuxCalculatorOptions


class DemuxCalculator(gf.Calculator):
    """Sends each packet of INPUT to the one OUTPUT stream that SELECT names by its index.

    SELECT is an int: an input stream, each packet of which chooses from its timestamp on, or an input side packet,
    which chooses for the whole run, or until the stream has a packet. Packets before that are dropped. The outputs that
    are not chosen settle, so that `MergeCalculator` can bring them together again; those that never can be are closed.

    Options: `select`, which chooses as the side packet does, if there is none.

    Example::

        node {
          calculator: "DemuxCalculator"
          input_stream: "INPUT:image"
          input_stream: "SELECT:is_large"
          output_stream: "OUTPUT:0:small_image"
          output_stream: "OUTPUT:1:large_image"
        }
    """

    given = gf.Input("INPUT")
    select = gf.Input("SELECT", int, optional=True)
    first_select = gf.SideInput("SELECT", int, optional=True)
    outputs = gf.Output("OUTPUT", multiple=True)
    options = gf.Options(DemuxCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodePlan) -> Iterable[str]:
        options = node.options.get(DemuxCalculatorOptions, DemuxCalculatorOptions())
        if not node.slots[cls.select] and not node.slots[cls.first_select] and not options.HasField("select"):
            yield f"{cls.__name__} needs SELECT, as an input stream or as an input side packet, or the option select"

    def open(self, cc: gf.Context) -> None:
        options = cc[self.options]
        self.chosen: int | None = cc.get(self.first_select, options.select if options.HasField("select") else None)
        self._check(cc)
        if not cc.connected(self.select):
            for index in range(cc.connected(self.outputs)):
                if index != self.chosen:
                    cc.close(self.outputs, index=index)

    def process(self, cc: gf.Context) -> None:
        if cc.has(self.select):
            self.chosen = cc[self.select]
            self._check(cc)
        packet = cc.packets[0]  # INPUT comes before SELECT in an input set
        if packet is not None and self.chosen is not None:
            cc.send_packet(self.outputs, packet, index=self.chosen)

    def _check(self, cc: gf.Context) -> None:
        last = cc.connected(self.outputs) - 1
        if self.chosen is not None and not 0 <= self.chosen <= last:
            raise ValueError(f"SELECT is {self.chosen}, but the OUTPUT streams are numbered 0 to {last}")
