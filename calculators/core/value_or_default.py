"""ValueOrDefaultCalculator."""

from __future__ import annotations

import graphframe as gf


class ValueOrDefaultCalculator(gf.Calculator):
    """A calculator that sends a value at each packet of another stream: that of its own stream, or a default.

    Input streams
    -------------
    IN : any
        The values.
    TICK : any
        The timestamps at which a value is needed.

    Input side packets
    ------------------
    (no tag) : any
        The default.

    Output streams
    --------------
    OUT : any
        At each packet of TICK, the value of IN, or the default if it has none.
    FLAG : bool, optional
        True at ticks at which the default is sent.

    Example::

        node {
          calculator: "ValueOrDefaultCalculator"
          input_stream: "IN:mask"
          input_stream: "TICK:image"
          input_side_packet: "empty_mask"
          output_stream: "OUT:mask_or_empty"
          output_stream: "FLAG:is_empty"
        }
    """

    given = gf.Input("IN")
    tick = gf.Input("TICK")
    default = gf.SideInput("")
    value = gf.Output("OUT")
    used_default = gf.Output("FLAG", bool, optional=True)

    def process(self, cc: gf.Context) -> None:
        if not cc.has(self.tick):
            return
        if cc.has(self.given):
            cc.send(self.value, cc[self.given])
        else:
            cc.send(self.value, cc[self.default])
            cc.send(self.used_default, value=True)
