"""MergeCalculator."""

from __future__ import annotations

import graphframe as gf


class MergeCalculator(gf.Calculator):
    """Brings the packets of several streams together in one, in the order of their timestamps.

    Of packets at the same timestamp that of the first input stream is sent, and the others are dropped.

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
        for packet in cc.packets:
            if packet is not None:
                cc.send_packet(self.merged, packet)
                return
