"""DemuxCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.demux_pb2 import DemuxCalculatorOptions


class DemuxCalculator(gf.Calculator):
    """A demultiplexer: sends each packet to the output stream whose index SELECT gives.

    SELECT may be a stream, a side packet or an option; a stream overrides the others. Packets that arrive before the
    first selection are dropped. Output streams that are not selected settle, so that `MergeCalculator` can merge the
    branches. If SELECT cannot change, the other output streams are closed.

    Input streams
    -------------
    INPUT : any
        The packets.
    SELECT : int, optional
        The index of the output stream, valid from the packet's timestamp on.

    Input side packets
    ------------------
    SELECT : int, optional
        The index for the whole run, or until the SELECT stream has a packet.

    Output streams
    --------------
    OUTPUT : any, multiple
        The packets of INPUT while SELECT is the stream's index.

    Options
    -------
    select : int, optional
        The index if the side packet SELECT is not connected.

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
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        options = node[cls.options]
        if not node.connected(cls.select) and not node.connected(cls.first_select) and not options.HasField("select"):
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
        packet = cc.packet(self.given)
        if packet is not None and self.chosen is not None:
            cc.send_packet(self.outputs, packet, index=self.chosen)

    def _check(self, cc: gf.Context) -> None:
        last = cc.connected(self.outputs) - 1
        if self.chosen is not None and not 0 <= self.chosen <= last:
            raise ValueError(f"SELECT is {self.chosen}, but the OUTPUT streams are numbered 0 to {last}")
