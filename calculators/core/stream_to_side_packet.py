"""StreamToSidePacketCalculator."""

from __future__ import annotations

import graphframe as gf


class StreamToSidePacketCalculator(gf.Calculator):
    """A calculator that turns the packet of a stream into a side packet.

    Nodes that use the side packet open when it is set; their packets wait until then.

    Input streams
    -------------
    (no tag) : any
        The value. A second packet fails the run.

    Output side packets
    -------------------
    (no tag) : any
        The value.

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
