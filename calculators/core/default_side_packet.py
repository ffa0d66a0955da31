"""DefaultSidePacketCalculator."""

from __future__ import annotations

import graphframe as gf


class DefaultSidePacketCalculator(gf.Calculator):
    """A calculator that replaces a side packet that the run is not given by a default.

    Input side packets
    ------------------
    OPTIONAL_VALUE : any, optional
        The value, if the run is given one.
    DEFAULT_VALUE : any
        The default.

    Output side packets
    -------------------
    VALUE : any
        One of the two.

    Example::

        node {
          calculator: "DefaultSidePacketCalculator"
          input_side_packet: "OPTIONAL_VALUE:style"
          input_side_packet: "DEFAULT_VALUE:usual_style"
          output_side_packet: "VALUE:style_or_usual"
        }
    """

    given = gf.SideInput("OPTIONAL_VALUE", optional=True)
    default = gf.SideInput("DEFAULT_VALUE")
    value = gf.SideOutput("VALUE")

    def open(self, cc: gf.Context) -> None:
        cc.set_side_packet(self.value, cc[self.given if cc.has(self.given) else self.default])
