"""MergeCalculator."""

from __future__ import annotations

import graphframe as gf


class MergeCalculator(gf.Calculator):
    """A calculator that merges several streams into one, in the order of timestamps.

    Input streams
    -------------
    (no tag) : any, multiple
        The packets. If several streams have a packet at a timestamp, the first stream's is sent and the others are
        dropped.

    Output streams
    --------------
    (no tag) : any
        The merged packets.

    Example::

        node {
          calculator: "MergeCalculator"
          input_stream: "small_image"
          input_stream: "large_image"
          output_stream: "image"
        }
    """

    given = gf.Input("", multiple=True)
    merged = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        for packet in cc.packets(self.given):
            if packet is not None:
                cc.send_packet(self.merged, packet)
                return
