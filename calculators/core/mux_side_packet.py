"""MuxSidePacketCalculator."""

from __future__ import annotations

import graphframe as gf


class MuxSidePacketCalculator(gf.Calculator):
    """A multiplexer of side packets: outputs the side packet whose index SELECT gives.

    Input side packets
    ------------------
    INPUT : any, multiple
        The values.
    SELECT : int
        The index of the INPUT side packet. False selects the first one, and true the second.

    Output side packets
    -------------------
    OUTPUT : any
        The selected value.

    Example::

        node {
          calculator: "MuxSidePacketCalculator"
          input_side_packet: "INPUT:0:fast_model"
          input_side_packet: "INPUT:1:good_model"
          input_side_packet: "SELECT:is_good"
          output_side_packet: "OUTPUT:model"
        }
    """

    given = gf.SideInput("INPUT", multiple=True)
    select = gf.SideInput("SELECT", int)
    output = gf.SideOutput("OUTPUT")

    def open(self, cc: gf.Context) -> None:
        given = cc.values(self.given)
        chosen = cc[self.select]
        if chosen not in range(len(given)):
            raise ValueError(f"SELECT is {chosen}, but the INPUT side packets are numbered 0 to {len(given) - 1}")
        cc.set_side_packet(self.output, given[chosen])
