"""StreamToSidePacketCalculator."""

from __future__ import annotations

import graphframe as gf


class StreamToSidePacketCalculator(gf.Calculator):
    """Makes the one packet of a stream a side packet. A second packet fails the run.

    Nodes that take the side packet open once it is there; until then what they are sent waits.

    Example::

        node {
          calculator: "StreamToSidePacketCalculator"
          input_stream: "style"
          output_side_packet: "style_of_run"
        }
    """

    value = gf.Input("")
    side_packet = gf.SideOutput("")

    def process(self, cc: gf.Context) -> None:
        cc.set_side_packet(self.side_packet, cc[self.value])
